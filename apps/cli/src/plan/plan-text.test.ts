import type { Plan } from 'image-api';
import { expect, it } from 'vitest';
import { planText } from './plan-text.ts';

const MiB = 2 ** 20;

const plan: Plan = {
  from: {
    href: 'file:///a/my%20disk.raw',
    facts: { kind: 'file', size: 1024 * MiB, allocated: 200 * MiB, format: 'raw', filesystem: 'ext4' },
    host: 'local',
  },
  to: { href: 'ssh://root@b/srv/x.raw', facts: { kind: 'absent' }, host: 'root@b' },
  staging: 'ssh://root@b/srv/.x.raw.0f.part',
  driver: 'rsync',
  candidates: [
    {
      driver: 'rsync',
      accepted: true,
      rank: 1,
      seconds: 10.2,
      basis: { by: 'own-copies', copies: 5, guess: 4 },
      reason: 'holes are kept',
      commands: [{ host: 'local', tool: 'rsync', args: ['-S', '--bwlimit=20m', '--', '/a/my disk.raw', 'root@b:/srv/.x.raw.0f.part'] }],
      limits: { bandwidth: 20 * MiB },
      charged: 'wire',
      notes: ['straight from here'],
    },
    {
      driver: 'scp',
      accepted: true,
      rank: 2,
      seconds: 51,
      basis: { by: 'other-copies', copies: 5, guess: 20 },
      reason: 'everything is sent',
      commands: [],
      limits: { bandwidth: 20 * MiB },
      notes: [],
    },
    { driver: 'cp', accepted: false, stage: 'route', reason: 'does not go from file to ssh' },
  ],
  limits: { bandwidth: 20 * MiB + 5 },
  limitsFrom: 'config',
  rules: ['rule 1 (to ssh://**)'],
  space: { needed: 1024 * MiB, free: 5120 * MiB },
  verify: 'size',
  publish: 'atomic',
  notes: ['unencrypted: no'],
};

it('prints who would copy and who not, what exactly will run, and under which limit', () => {
  expect(planText(plan)).toMatchInlineSnapshot(`
    "rank  driver  estimate  by            reason
    1     rsync   10.2s     its copies    holes are kept
    2     scp     51s       other copies  everything is sent
    -     cp      -         -             route: does not go from file to ssh

    local$ rsync -S --bwlimit=20m -- '/a/my disk.raw' root@b:/srv/.x.raw.0f.part

    from      file:///a/my%20disk.raw (file, raw, 1 GiB (1073741824 bytes), 200 MiB allocated, on ext4)
    to        ssh://root@b/srv/x.raw (absent)
    staging   ssh://root@b/srv/.x.raw.0f.part
    estimate  10.2s, by 5 earlier copies on this route; the driver itself guesses 4s
    limit     20 MiB/s (20971520 bytes/s) of what goes over the wire, from the config; asked for 20971525 B/s
    rule      rule 1 (to ssh://**)
    space     needs 1 GiB (1073741824 bytes), 5 GiB free
    verify    size
    publish   atomic: the name appears when the image is complete and checked
    note      unencrypted: no
    note      straight from here
    "
  `);
});

it('tells of the drivers alone when nobody can', () => {
  const { driver: _driver, space: _space, ...rest } = plan;
  const nobody: Plan = { ...rest, candidates: [{ driver: 'cp', accepted: false, stage: 'need', reason: 'cannot hold a limit' }] };
  expect(planText(nobody)).toMatchInlineSnapshot(`
    "rank  driver  estimate  by  reason
    -     cp      -         -   need: cannot hold a limit

    from   file:///a/my%20disk.raw (file, raw, 1 GiB (1073741824 bytes), 200 MiB allocated, on ext4)
    to     ssh://root@b/srv/x.raw (absent)
    limit  20971525 B/s asked for, from the config
    rule   rule 1 (to ssh://**)
    "
  `);
});

it('gives a value to what a command reads from its environment, so that it runs when it is pasted', () => {
  const args = ['-e', 'ssh -o ControlPath=${IMAGE_API_SSH_DIR}/%C', 'a', 'b:c'];
  const winner = {
    driver: 'rsync',
    accepted: true,
    rank: 1,
    seconds: 1,
    basis: { by: 'driver' },
    reason: '',
    limits: {},
    notes: [],
    commands: [{ host: 'local', tool: 'rsync', args }],
  } as const;
  expect(planText({ ...plan, candidates: [winner] })).toContain(
    "local$ IMAGE_API_SSH_DIR=/nonexistent rsync -e 'ssh -o ControlPath=${IMAGE_API_SSH_DIR}/%C' a b:c\n",
  );
});

it('says so where bytes go straight to the destination, without limit', () => {
  const basis = { by: 'driver' } as const;
  const winner = {
    driver: 'cp',
    accepted: true,
    rank: 1,
    seconds: 0,
    basis,
    reason: 'a clone',
    commands: [],
    limits: {},
    notes: [],
  } as const;
  const { limitsFrom: _from, ...rest } = plan;
  const text = planText({ ...rest, staging: plan.to.href, publish: 'in-place', limits: {}, candidates: [winner] });
  expect(text).toMatch(/^limit +none$/m);
  expect(text).toMatch(/^publish +in place: /m);
  expect(text).not.toMatch(/^staging/m);
});

it('says how the estimate came about', () => {
  const [winner] = plan.candidates;
  if (!winner?.accepted) throw new Error('no winner');
  const text = (basis: typeof winner.basis): string => planText({ ...plan, candidates: [{ ...winner, basis }] });
  expect(text({ by: 'driver' })).toMatch(/^estimate +10\.2s, by the driver's own guess$/m);
  expect(text({ by: 'driver' })).toMatch(/^1 +rsync +10\.2s +guess +holes are kept$/m);
  expect(text({ by: 'other-copies', copies: 4, guess: 5 })).toMatch(
    /^estimate +10\.2s, by 4 earlier copies on this route by other drivers, or in other ways; the driver itself guesses 5s$/m,
  );
});

it('escapes control characters wherever they come from', () => {
  const evil = '\u001b[2J';
  const text = planText({
    ...plan,
    from: { ...plan.from, href: evil },
    notes: [evil],
    candidates: [{ driver: evil, accepted: false, stage: 'offer', reason: evil }],
  });
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});
