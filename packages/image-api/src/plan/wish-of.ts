import { ImageError } from '@image-api/driver';
import type { ResolvedConfig } from '../config/config.ts';
import type { CopyOptions, VerifyMode } from '../copy-options.ts';
import { groupOf, parseLimit } from '../rate/parse-limit.ts';
import type { TaskLimits } from '../run/task.ts';
import { badOption } from './check-options.ts';
import type { RuleDecision } from './match-rules.ts';
import type { Plan } from './plan.ts';
import { wantsDigest } from './wants-digest.ts';

/** The limits of a copy and who set them: the caller stands over a rule, a rule over the config. */
export function limitsOf(
  options: CopyOptions,
  decision: RuleDecision,
  config: ResolvedConfig,
): { readonly bound: TaskLimits; readonly limitsFrom?: NonNullable<Plan['limitsFrom']> } {
  if (options.limit !== undefined) return { bound: limitOption(options.limit, options.group), limitsFrom: 'option' };
  // What a rule or the config says is for every copy by itself; a group that is joined has a budget of its own.
  if (options.group !== undefined) return { bound: groupOf(options.group), limitsFrom: 'option' };
  if (decision.limits) return { bound: decision.limits.limits, limitsFrom: 'rule' };
  return config.limits.bandwidth === undefined ? { bound: {} } : { bound: config.limits, limitsFrom: 'config' };
}

function limitOption(limit: number | string, group: string | undefined): TaskLimits {
  if (typeof limit === 'string') return parseLimit(limit, group);
  return checkLimits({ bandwidth: limit, ...groupOf(group) });
}

/** What bounds a running task, checked. @throws ImageError BAD_LIMIT, BAD_OPTION */
export function checkLimits({ bandwidth, group, auto }: TaskLimits): TaskLimits {
  if (bandwidth !== undefined && !(Number.isSafeInteger(bandwidth) && bandwidth > 0)) {
    throw new ImageError(`limit ${String(bandwidth)} is not a whole, positive number of bytes per second`, {
      code: 'BAD_LIMIT',
      origin: 'caller',
    });
  }
  if (auto && group !== undefined) throw badOption('a limit cannot be automatic and the budget of a group: choose one');
  return { ...(bandwidth !== undefined && { bandwidth }), ...groupOf(group), ...(auto && { auto }) };
}

/** How a copy is to be verified. @throws ImageError BAD_OPTION where options contradict each other */
export function verifyModeOf(options: CopyOptions, config: ResolvedConfig): VerifyMode {
  if (options.checksum === undefined) return options.verify ?? config.verify;
  if (!/^sha256:[0-9a-f]{64}$/.test(options.checksum)) {
    throw badOption(`checksum ${JSON.stringify(options.checksum)} is not of the form sha256: and 64 hexadecimal digits in lower case`);
  }
  const verify = options.verify ?? (wantsDigest(config.verify) ? config.verify : 'sha256');
  if (!wantsDigest(verify)) throw badOption(`a checksum cannot be checked with verify '${verify}'`);
  return verify;
}
