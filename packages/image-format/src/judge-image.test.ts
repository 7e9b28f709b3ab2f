import { describe, expect, it } from 'vitest';
import { finding } from './finding.ts';
import type { ImageFormat } from './image-format.ts';
import { judgeImage } from './judge-image.ts';
import type { Verdict } from './verdict.ts';

const plain = (format: ImageFormat): Verdict => ({ format, findings: [] });
const layer: Verdict = { format: 'qcow2', findings: [finding('qcow2-backing-file', 'a layer')] };
const protocol: Verdict = { format: 'qcow2', findings: [...layer.findings, finding('qcow2-backing-protocol', 'a protocol')] };

describe('judgeImage', () => {
  it('lets pass what nothing speaks against', () => {
    expect(judgeImage(plain('qcow2'))).toBeUndefined();
    expect(judgeImage({ format: 'luks', findings: [finding('luks-2', 'a note')] })).toBeUndefined();
  });

  it('refuses what is unsafe, with the findings that count', () => {
    const refusal = judgeImage({ format: 'qcow2', findings: [finding('qcow2-luks', 'a note'), ...layer.findings] });
    expect(refusal).toMatchObject({ code: 'UNSAFE_IMAGE', findings: [{ rule: 'qcow2-backing-file' }] });
    expect(refusal?.message).toBe(layer.findings[0]?.message);
  });

  it('opens the one door, and no other with it', () => {
    expect(judgeImage(layer, { allowBacking: true })).toBeUndefined();
    expect(judgeImage(protocol, { allowBacking: true })?.findings.map(({ rule }) => rule)).toEqual(['qcow2-backing-protocol']);
  });

  it.each<[claimed: ImageFormat, detected: ImageFormat]>([
    ['raw', 'qcow2'],
    ['qcow2', 'raw'],
    ['vmdk', 'raw'],
    ['qcow2', 'gpt'],
    ['gpt', 'raw'],
    ['iso', 'gpt'],
    ['vhd', 'vhdx'],
    ['raw', 'vhd'],
  ])('refuses an image said to be %s that is %s', (claimed, detected) => {
    const refusal = judgeImage(plain(detected), { claimed });
    expect(refusal).toMatchObject({ code: 'FORMAT_MISMATCH', findings: [{ rule: 'format-claim' }] });
    expect(refusal?.message).toContain(`said to be ${claimed} and is ${detected}`);
  });

  it.each<[claimed: ImageFormat, detected: ImageFormat]>([
    ['raw', 'raw'],
    ['qcow2', 'qcow2'],
    ['raw', 'gpt'],
    ['raw', 'iso'],
    ['raw', 'luks'],
    ['luks', 'luks'],
    ['gpt', 'gpt'],
  ])('believes that an image is %s which is %s', (claimed, detected) => {
    expect(judgeImage(plain(detected), { claimed })).toBeUndefined();
  });

  it('refuses formats that are not among those allowed', () => {
    expect(judgeImage(plain('vmdk'), { formats: ['raw', 'qcow2'] })).toMatchObject({
      code: 'FORMAT_MISMATCH',
      findings: [{ rule: 'format-not-allowed', message: expect.stringContaining('only raw, qcow2 is allowed') }],
    });
    expect(judgeImage(plain('gpt'), { formats: ['raw', 'qcow2'] })).toBeUndefined();
    expect(judgeImage(plain('raw'), { formats: ['gpt'] })?.code).toBe('FORMAT_MISMATCH');
    expect(judgeImage(plain('raw'), { formats: [] })?.message).toContain('no format is allowed');
  });

  it('tells all of it when an image is both, and calls it unsafe', () => {
    const refusal = judgeImage(layer, { claimed: 'raw' });
    expect(refusal).toMatchObject({ code: 'UNSAFE_IMAGE', findings: [{ rule: 'qcow2-backing-file' }, { rule: 'format-claim' }] });
    expect(refusal?.message).toContain('a layer');
    expect(refusal?.message).toContain('said to be raw');
  });
});
