import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * Fields that may be logged. A list of what may pass, not of what may not: redaction by path misses the level
 * nobody thought of. Prompts, personas and SDK errors are never logged whole.
 */
const allowedFields = new Set([
  'attempt',
  'attempts',
  'code',
  'committed',
  'concurrency',
  'digest',
  'durationMs',
  'error',
  'failed',
  'job',
  'left',
  'model',
  'name',
  'pid',
  'population',
  'port',
  'reason',
  'replayed',
  'requestId',
  'signal',
  'simulation',
  'slot',
  'slots',
  'status',
  'url',
  'version',
  'waitMs',
  'worker',
]);

const MAX_TEXT = 500;
const secrets: readonly [RegExp, string][] = [
  [/\b(sk|pk|rk)-[A-Za-z0-9_-]{6,}/g, '$1-***'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]{6,}/gi, 'Bearer ***'],
  // Up to the last @: people forget to encode one, or a slash, in a password.
  [/(\/\/[^/\s:@]*):[^\s"']*@/g, '$1:***@'],
];

/** The text without anything that looks like a key or a password. */
export function withoutSecrets(text: string): string {
  return secrets.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text);
}

/** The same, shortened to 500 characters: for logs. */
export function scrub(text: string): string {
  const clean = withoutSecrets(text);
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
}

/** A structured logger: JSON lines, allow-listed fields, secrets scrubbed. Writes to stdout unless told where. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
    },
    hooks: {
      logMethod(this: Logger, args: Parameters<Logger['info']>, method: Logger['info']) {
        method.apply(this, cleanArguments(args) as Parameters<Logger['info']>);
      },
    },
  };
  const logger: Logger = destination === undefined ? pino(options) : pino(options, destination);
  const { child } = logger;
  // Children inherit this; pino lets no formatter see their fields.
  logger.child = function (this: Logger, fields: Record<string, unknown>) {
    return child.call(this, allowed(fields));
  } as Logger['child'];
  return logger;
}

/** What of the fields may be logged: known names, plain values, errors as their message. */
function allowed(fields: Record<string, unknown>): Record<string, unknown> {
  const passed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!allowedFields.has(name)) continue;
    if (value instanceof Error) passed[name] = scrub(value.message);
    else if (typeof value === 'string') passed[name] = scrub(value);
    else if (typeof value !== 'object' || value === null) passed[name] = value;
  }
  return passed;
}

/**
 * pino takes the message of an error that stands alone, or in the field `err`, for the line's own, and formats objects
 * into it (`%j`): neither goes through the list of fields.
 */
function cleanArguments([first, ...rest]: readonly unknown[]): unknown[] {
  const texts = rest.map((argument) => scrub(String(argument)));
  if (first instanceof Error) {
    const error = scrub(first.message);
    return [{ error }, ...(texts.length > 0 ? texts : [error])];
  }
  if (typeof first !== 'object' || first === null) return [scrub(String(first)), ...texts];
  return [allowed(first as Record<string, unknown>), ...texts];
}
