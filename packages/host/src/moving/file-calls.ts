import { fdatasync, read, write } from 'node:fs';
import { promisify } from 'node:util';

/** What is asked of the system to move bytes. Rejects with the system's own errors. */
export interface FileCalls {
  /** Fill `bytes` from a place in an open file. Answers how many there were, fewer only at its end. */
  read(file: number, bytes: Uint8Array, at: number): Promise<number>;
  /** Write all of `bytes` to a place in an open file. */
  write(file: number, bytes: Uint8Array, at: number): Promise<void>;
  /** Wait until what was written would survive a power cut. */
  sync(file: number): Promise<void>;
}

/** One call of the system, of which each may do less than it was asked for. */
export interface SystemCalls {
  read(file: number, bytes: Uint8Array, at: number): Promise<number>;
  write(file: number, bytes: Uint8Array, at: number): Promise<number>;
  sync(file: number): Promise<void>;
}

const [readOnce, writeOnce, syncOnce] = [promisify(read), promisify(write), promisify(fdatasync)];

/** By the threads that Node has for files. */
export const ordinaryCalls: FileCalls = wholeCalls({
  read: async (file, bytes, at) => (await readOnce(file, bytes, 0, bytes.length, at)).bytesRead,
  write: async (file, bytes, at) => (await writeOnce(file, bytes, 0, bytes.length, at)).bytesWritten,
  sync: (file) => syncOnce(file),
});

/** Calls again until all is done. */
export function wholeCalls(calls: SystemCalls): FileCalls {
  return {
    read: async (file, bytes, at) => {
      let done = 0;
      while (done < bytes.length) {
        const count = await calls.read(file, bytes.subarray(done), at + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    },
    write: async (file, bytes, at) => {
      for (let done = 0; done < bytes.length;) done += await calls.write(file, bytes.subarray(done), at + done);
    },
    sync: (file) => calls.sync(file),
  };
}
