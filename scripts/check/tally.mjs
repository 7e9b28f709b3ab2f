/**
 * @typedef {object} Outcome what one step found
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string} [output] shown when something failed
 * @property {readonly string[]} [remarks] shown always
 */

/** @type {Outcome} */
export const passed = { passed: 1, failed: 0, skipped: 0 };

/**
 * @param {string} output
 * @returns {Outcome}
 */
export const failed = (output) => ({ passed: 0, failed: 1, skipped: 0, output });

/**
 * @param {string} reason
 * @returns {Outcome}
 */
export const skipped = (reason) => ({ passed: 0, failed: 0, skipped: 1, remarks: [`skipped: ${reason}`] });

/** Runs steps, prints each with its time, and adds up what they found. */
export class Tally {
  #sum = { passed: 0, failed: 0, skipped: 0 };

  /**
   * @param {string} name
   * @param {() => Promise<Outcome>} step
   * @returns {Promise<boolean>} whether nothing failed in it
   */
  async step(name, step) {
    const start = performance.now();
    const outcome = await step().catch((error) => failed(String(error.stack ?? error) + (error.stderr ?? '')));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) this.#sum[key] += outcome[key];
    if (outcome.failed > 0) console.log(outcome.output?.trimEnd());
    console.log(`${outcome.failed > 0 ? 'FAIL' : 'ok  '}  ${name}  ${seconds} s${countsOf(outcome)}`);
    for (const remark of outcome.remarks ?? []) console.log(`      ${remark}`);
    return outcome.failed === 0;
  }

  /** The last line, and whether all is well. */
  end() {
    const { passed, failed, skipped } = this.#sum;
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return failed === 0;
  }
}

/** @param {Outcome} outcome */
function countsOf({ passed, failed, skipped }) {
  return passed + failed + skipped === 1 ? '' : `  (${passed} passed, ${failed} failed, ${skipped} skipped)`;
}
