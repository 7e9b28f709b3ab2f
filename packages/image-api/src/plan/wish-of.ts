import { ImageError } from '@image-api/driver';
import type { Limits } from '@image-api/driver';
import type { ResolvedConfig } from '../config/config.ts';
import type { CopyOptions, VerifyMode } from '../copy-options.ts';
import { parseRate } from '../rate/parse-rate.ts';
import { badOption } from './check-options.ts';
import type { RuleDecision } from './match-rules.ts';
import type { Plan } from './plan.ts';

/** The limits of a copy and who set them: the caller stands over a rule, a rule over the config. */
export function limitsOf(
  options: CopyOptions,
  decision: RuleDecision,
  config: ResolvedConfig,
): { readonly limits: Limits; readonly limitsFrom?: NonNullable<Plan['limitsFrom']> } {
  if (options.limit !== undefined) return { limits: limitsOption(options.limit), limitsFrom: 'option' };
  if (decision.limits) return { limits: decision.limits.limits, limitsFrom: 'rule' };
  return config.limits.bandwidth === undefined ? { limits: {} } : { limits: config.limits, limitsFrom: 'config' };
}

function limitsOption(limit: number | string): Limits {
  const bandwidth = typeof limit === 'string' ? parseRate(limit) : limit;
  if (bandwidth === undefined) return {};
  if (Number.isSafeInteger(bandwidth) && bandwidth > 0) return { bandwidth };
  throw new ImageError(`limit ${String(limit)} is not a whole, positive number of bytes per second`, {
    code: 'BAD_LIMIT',
    origin: 'caller',
  });
}

/** How a copy is to be verified. @throws ImageError BAD_OPTION where options contradict each other */
export function verifyModeOf(options: CopyOptions, config: ResolvedConfig): VerifyMode {
  if (options.checksum === undefined) return options.verify ?? config.verify;
  if (!/^sha256:[0-9a-f]{64}$/.test(options.checksum)) {
    throw badOption(`checksum ${JSON.stringify(options.checksum)} is not of the form sha256: and 64 hexadecimal digits in lower case`);
  }
  if (options.verify !== undefined && options.verify !== 'sha256')
    throw badOption(`a checksum cannot be checked with verify '${options.verify}'`);
  return 'sha256';
}
