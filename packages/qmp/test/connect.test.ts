import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectQmp, keepQmp } from '../src/index.ts';
import type { OtherQmpEvent } from '../src/index.ts';
import { startHostileMonitor } from './hostile-monitor.ts';
import { hasMachine, hasStorageDaemon, startMachine, startStorageDaemon } from './qemu.ts';
import { startRelay } from './relay.ts';

const [greeting = '', ready = ''] = readFileSync(new URL('../src/__fixtures__/greeting.jsonl', import.meta.url), 'utf8').split('\n');

describe.skipIf(!hasStorageDaemon)('the monitor of a storage daemon', () => {
  it('greets, answers in the order of the calls, and serves the next client after close', async () => {
    await using daemon = await startStorageDaemon();
    const qmp = await connectQmp(daemon.monitor);
    expect(qmp.greeting.version.qemu.major).toBeGreaterThanOrEqual(7);
    await Promise.all([
      qmp.execute('blockdev-add', { driver: 'null-co', 'node-name': 'a', size: 1024 }),
      qmp.execute('blockdev-add', { driver: 'raw', 'node-name': 'b', file: 'a' }),
      expect(qmp.execute('query-named-block-nodes', { flat: true })).resolves.toHaveLength(2),
    ]);
    await qmp.close();
    expect(await qmp.ended).toBeUndefined();
    await expect(qmp.execute('query-jobs')).rejects.toMatchObject({ kind: 'closed' });
    const next = await connectQmp(daemon.monitor);
    await next.close();
  });

  it('keeps whole numbers beyond 2^53 exact, both ways, and refuses to send what is not', async () => {
    await using daemon = await startStorageDaemon();
    const qmp = await connectQmp(daemon.monitor);
    const size = 2n ** 62n + 512n;
    await qmp.execute('blockdev-add', { driver: 'null-co', 'node-name': 'vast', size });
    const [node] = await qmp.execute('query-named-block-nodes');
    expect(node?.image['virtual-size']).toBe(size);
    for (const inexact of [2 ** 60, 0.5, Number.NaN]) {
      const sent = qmp.execute('blockdev-add', { driver: 'null-co', 'node-name': 'no', size: inexact });
      await expect(sent).rejects.toMatchObject({ kind: 'argument', message: expect.stringContaining('arguments.size') as string });
    }
    await qmp.close();
  });

  it('is busy for a second client, which is another thing than one that hangs', async () => {
    await using daemon = await startStorageDaemon();
    const qmp = await connectQmp(daemon.monitor);
    const quickly = { greetingTimeoutMs: 200 };
    await expect(connectQmp(daemon.monitor, quickly)).rejects.toMatchObject({ kind: 'busy' });
    daemon.process.kill('SIGSTOP');
    await expect(qmp.execute('query-jobs', undefined, { timeoutMs: 100 })).rejects.toMatchObject({ kind: 'timeout' });
    daemon.process.kill('SIGCONT');
    // The late answer to the one is not taken for that to the other.
    expect(await qmp.execute('query-block-exports')).toEqual([]);
    await qmp.close();
    await expect.poll(() => isServing(daemon.monitor), { timeout: 10_000 }).toBe(false);
    daemon.process.kill('SIGSTOP');
    await expect(connectQmp(daemon.monitor, quickly)).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('that dies fails what is pending, and is told to have ended', async () => {
    await using daemon = await startStorageDaemon();
    const qmp = await connectQmp(daemon.monitor);
    daemon.process.kill('SIGSTOP');
    const pending = qmp.execute('query-jobs');
    const gone = once(daemon.process, 'exit');
    daemon.process.kill('SIGKILL');
    await expect(pending).rejects.toMatchObject({ kind: 'closed' });
    expect(await qmp.ended).toMatchObject({ kind: 'closed' });
    await gone;
    await expect(connectQmp(daemon.monitor)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('lets go of a command whose caller gives up, and of an attempt to connect', async () => {
    await using daemon = await startStorageDaemon();
    const qmp = await connectQmp(daemon.monitor);
    const giveUp = new AbortController();
    const given = qmp.execute('query-jobs', undefined, { signal: giveUp.signal });
    giveUp.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect(await qmp.execute('query-jobs')).toEqual([]);
    await expect(connectQmp(daemon.monitor, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' });
    await qmp.close();
  });

  it('refuses in its own class and words', async () => {
    await using daemon = await startStorageDaemon();
    const qmp = await connectQmp(daemon.monitor);
    await expect(qmp.executeOther('no-such-command')).rejects.toMatchObject({ kind: 'command', class: 'CommandNotFound' });
    const unknown = qmp.execute('job-cancel', { id: 'nothing' });
    await expect(unknown).rejects.toMatchObject({ class: 'GenericError', description: 'Job not found' });
    await qmp.close();
  });

  it('is found again after the connection was lost, and new commands wait for that', async () => {
    await using daemon = await startStorageDaemon();
    const path = join(daemon.directory, 'relay');
    await using relay = await startRelay(path, daemon.monitor);
    const qmp = await keepQmp(path);
    const states: string[] = [];
    qmp.onConnection((state) => states.push(state));
    for (let round = 1; round <= 3; round += 1) {
      const lost = new Promise((resolve) => qmp.onConnection(resolve));
      relay.cut();
      await lost;
      expect(await qmp.execute('query-jobs')).toEqual([]);
    }
    expect(states).toEqual(['lost', 'found', 'lost', 'found', 'lost', 'found']);
    await qmp.close();
    expect(await qmp.ended).toBeUndefined();
  });

  it('is given up in the end, with the reason', async () => {
    await using daemon = await startStorageDaemon();
    const qmp = await keepQmp(daemon.monitor, { findForMs: 100 });
    daemon.process.kill('SIGKILL');
    expect(await qmp.ended).toMatchObject({ kind: 'closed', message: expect.stringContaining('not found again') as string });
    await expect(qmp.execute('query-jobs')).rejects.toMatchObject({ kind: 'closed' });
  });
});

it.skipIf(!hasMachine)('a machine tells what happens to it, before it answers what came after', async () => {
  await using machine = await startMachine();
  const qmp = await connectQmp(machine.monitor);
  const heard: string[] = [];
  const stop = qmp.onEvent((event) => heard.push(event.name));
  await qmp.execute('cont');
  expect(heard).toEqual(['RESUME']);
  stop();
  const all: OtherQmpEvent[] = [];
  qmp.onAnyEvent((event) => all.push(event));
  await qmp.execute('stop');
  expect(heard).toEqual(['RESUME']);
  expect(all).toMatchObject([{ name: 'STOP' }]);
  expect(Math.abs((all[0]?.atMs ?? 0) - Date.now())).toBeLessThan(60_000);
  await qmp.close();
});

it('says why nobody can be reached', async () => {
  await using monitor = await startHostileMonitor(() => undefined);
  const file = join(monitor.path, '..', 'file');
  writeFileSync(file, '');
  await expect(connectQmp(`${monitor.path}-not`)).rejects.toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('no such') as string,
  });
  await expect(connectQmp(file)).rejects.toMatchObject({ kind: 'unreachable' });
});

describe('whatever pretends to be a monitor', () => {
  it.each([
    ['a line without end', 'x'.repeat(2000), 'more than 1000 bytes'],
    ['what is not JSON', '{"QMP"\n', 'not JSON'],
    ['what is not UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a]), 'not UTF-8'],
    ['JSON without bottom', `${'['.repeat(900)}\n`, 'not JSON'],
    ['JSON that says two things at once', '{"return": 1, "return": 2}\n', 'not JSON'],
    ['JSON of another kind', '[1]\n', 'not a message of QMP'],
    ['an answer before the greeting', '{"return": {}, "id": 1}\n', 'did not greet first'],
    ['a greeting without a version', '{"QMP": {}}\n', 'not a message of QMP'],
    ['two greetings', `${greeting}\n${greeting}\n`, 'greeted twice'],
  ])('is not taken for one when it says %s', async (_, said, reason) => {
    await using monitor = await startHostileMonitor((socket) => socket.write(said));
    const connecting = connectQmp(monitor.path, { longestLine: 1000, greetingTimeoutMs: 2000 });
    await expect(connecting).rejects.toMatchObject({ kind: 'protocol', message: expect.stringContaining(reason) as string });
  });

  it.each([
    ['an answer to nothing', '{"return": {}, "id": 99}\n'],
    ['an error about nothing', '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\n'],
    ['an answer with the id of another kind', '{"return": {}, "id": "2"}\n'],
    ['nonsense', '\0\0\0\n'],
  ])('is left when it gives %s', async (_, said) => {
    await using monitor = await startHostileMonitor((socket) => answering(socket, () => said));
    const qmp = await connectQmp(monitor.path);
    await expect(qmp.execute('query-jobs')).rejects.toMatchObject({ kind: 'protocol' });
    expect(await qmp.ended).toMatchObject({ kind: 'protocol' });
  });

  it('may tell unknown events, in any order and in pieces of any size', async () => {
    const event = '{"event": "NÉVÉ", "data": {"at": 9223372036854775807}}\r\n';
    await using monitor = await startHostileMonitor((socket) =>
      answering(socket, (id) => `${event}\r\n\n${event}{"id": ${id}, "return": []}\r\n${event}`),
    );
    const qmp = await connectQmp(monitor.path);
    const heard: unknown[] = [];
    qmp.onAnyEvent(({ name, data }) => heard.push([name, data['at']]));
    expect(await qmp.execute('query-jobs')).toEqual([]);
    expect(heard.slice(0, 2)).toEqual([
      ['NÉVÉ', 9223372036854775807n],
      ['NÉVÉ', 9223372036854775807n],
    ]);
    await qmp.close();
  });
});

/** Until a daemon has noticed that its client left, it is busy with it. */
function isServing(path: string): boolean {
  return new RegExp(`0001 03 +[0-9]+ ${path}$`, 'm').test(readFileSync('/proc/net/unix', 'utf8'));
}

/** Greet, get ready, and give these words to every later command, byte by byte. */
function answering(socket: Socket, wordsFor: (id: string) => string): void {
  socket.setNoDelay(true).write(`${greeting}\n`);
  socket.on('data', (chunk) => {
    const id = /"id":(\d+)/.exec(String(chunk))?.[1] ?? '';
    if (String(chunk).includes('qmp_capabilities')) socket.write(`${ready}\n`);
    else for (const byte of Buffer.from(wordsFor(id))) socket.write(Buffer.from([byte]));
  });
}
