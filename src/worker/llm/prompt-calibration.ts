/**
 * How many tokens prompts really have, for each token that was counted before they were sent: exact for OpenAI's newer models,
 * a guess for everything with another tokenizer or a template of its own.
 */
export interface PromptCalibration {
  /** The most that a prompt of so many counted tokens will be charged with; what a call reserves. */
  mostTokens(counted: number): number;
  learn(counted: number, actual: number): void;
}

/** Until an answer has said more: compatible servers count up to a quarter more for English prose. */
const UNKNOWN = 1.25;
/** Never less than was counted: one odd answer must not let prompts through that nothing is reserved for. */
const LEAST = 1;
const MOST = 4;
/** How far an answer pulls a larger ratio down to its own. */
const FALL = 0.02;

/**
 * Keeps a slowly falling maximum of the ratio: one long prompt that was counted short is remembered for a hundred answers, and a
 * single odd one not for ever. One for each model, in the process.
 */
export function createPromptCalibration(): PromptCalibration {
  let ratio: number | undefined;
  return {
    mostTokens: (counted) => Math.ceil(counted * (ratio ?? UNKNOWN)),
    learn(counted, actual) {
      if (counted <= 0) return;
      const seen = Math.min(MOST, Math.max(LEAST, actual / counted));
      ratio = ratio === undefined ? seen : Math.max(seen, ratio - FALL * (ratio - seen));
    },
  };
}
