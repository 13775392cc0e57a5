import { UserError } from '../../errors.ts';
import { copyUntrustedJson, FactoryStateError, type Json } from '../../factory/untrusted-json.ts';

/** Levels of nesting, the outermost counted. */
export const MAX_DEPTH = 64;

const NOT_FINITE = /got (?:NaN|-?Infinity)$/;

/** A copy of a document that is JSON through and through. Throws one UserError with where it is from and the place in it. */
export function copyDocument(where: string, value: unknown, maxBytes: number): Json {
  try {
    return copyUntrustedJson(value, { maxDepth: MAX_DEPTH, maxBytes });
  } catch (cause) {
    if (!(cause instanceof FactoryStateError)) throw cause;
    const advice = NOT_FINITE.test(cause.message)
      ? ': write a finite number of at most 1.79e308, or leave the key out'
      : '';
    throw new UserError(`${where}: ${cause.message}${advice}`, { cause });
  }
}
