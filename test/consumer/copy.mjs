import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { copy } from 'image-api';

const bytes = randomBytes(3 << 20);
await writeFile('disk.raw', bytes);
const result = await copy('disk.raw', 'copy.raw').wait();
assert.ok(bytes.equals(await readFile('copy.raw')));
assert.equal(result.verified.by, 'sha256', 'the config was not read');
assert.ok(['cp', 'rsync'].includes(result.driver));
