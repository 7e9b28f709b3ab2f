// Serve one file over HTTP, whole or in ranges, as web servers do, until killed: `serve-image.mjs FILE PORT`. Says `listening` when it does.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';

const [file = '', port = ''] = process.argv.slice(2);
const { size, mtime, mtimeMs } = statSync(file);
const always = { 'accept-ranges': 'bytes', etag: `"${size.toString(16)}-${mtimeMs.toString(16)}"`, 'last-modified': mtime.toUTCString() };

const server = createServer((request, response) => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  const end = Math.min(size - 1, range?.[2] ? Number(range[2]) : size - 1);
  if (start > end) return response.writeHead(416, { ...always, 'content-range': `bytes */${size}` }).end();
  const headers = { ...always, 'content-length': end - start + 1, ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }) };
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === 'HEAD') return response.end();
  const stream = createReadStream(file, { start, end, highWaterMark: 1024 * 1024 });
  response.on('close', () => stream.destroy());
  return stream.pipe(response);
});
server.listen(Number(port), () => console.log('listening'));
