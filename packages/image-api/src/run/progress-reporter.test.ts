import { describe, expect, it } from 'vitest';
import { ProgressReporter } from './progress-reporter.ts';
import type { Progress } from './task.ts';

function reporter(): { reporter: ProgressReporter; told: Progress[] } {
  const told: Progress[] = [];
  return { reporter: new ProgressReporter((progress) => told.push(progress)), told };
}

describe('ProgressReporter', () => {
  it('never lets a counter go down within an attempt', () => {
    const { reporter: progress } = reporter();
    progress.begin(100);
    progress.report({ bytesLogical: 50 });
    progress.report({ bytesLogical: 40 });
    expect(progress.current.bytesLogical).toBe(50);
  });

  it('keeps what earlier attempts moved on the bill, and begins anew with the position', () => {
    const { reporter: progress } = reporter();
    progress.begin(100);
    progress.attempt();
    progress.report({ bytesLogical: 50, bytesSent: 50 });
    progress.attempt();
    expect(progress.current).toMatchObject({ bytesLogical: 0, bytesSent: 50 });
    expect(progress.finish({ bytesSent: 60 })).toMatchObject({ bytesLogical: 100, bytesSent: 110 });
  });

  it('passes news on now and then, and the end at once', async () => {
    const { reporter: progress, told } = reporter();
    progress.begin(100);
    for (let position = 0; position < 100; position += 1) progress.report({ bytesLogical: position });
    expect(told).toEqual([]);
    progress.finish({});
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ phase: 'done', bytesLogical: 100 });
  });
});
