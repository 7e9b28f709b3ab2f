import { describe, expect, it } from 'vitest';
import { WriteBrake } from './write-brake.ts';

const mib = 2 ** 20;

describe('the brake of a copy that gives way', () => {
  it('holds it when too much is on its way to the disk, and lets go when that is there', () => {
    const said: boolean[] = [];
    const brake = new WriteBrake((isHeld) => void said.push(isHeld));
    brake.moved(64 * mib);
    expect(said).toEqual([]);
    brake.moved(65 * mib);
    brake.moved(66 * mib);
    expect(said).toEqual([true]);
    brake.written();
    expect(said, 'what was written then is what had arrived the last time').toEqual([true]);
    brake.written();
    expect(said).toEqual([true, false]);
  });

  it('never holds one whose disk keeps up', () => {
    const said: boolean[] = [];
    const brake = new WriteBrake((isHeld) => void said.push(isHeld));
    for (let total = 0; total < 2000 * mib; total += 16 * mib) {
      brake.moved(total);
      brake.written();
    }
    expect(said).toEqual([]);
  });
});
