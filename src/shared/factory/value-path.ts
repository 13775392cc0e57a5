/** The way to a value inside a JSON document: object keys and array indexes from the root. */
export type ValuePath = readonly PropertyKey[];

const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;
const MAX_KEY_CHARACTERS = 60;

/** Renders a path as `$.persona.beliefs[3]["a key"]`, for messages. Long keys are cut, because keys can be hostile too. */
export function formatPath(path: ValuePath): string {
  let text = '$';
  for (const step of path) {
    if (typeof step === 'number') {
      text += `[${step}]`;
      continue;
    }
    const whole = String(step);
    const key = whole.length > MAX_KEY_CHARACTERS ? `${whole.slice(0, MAX_KEY_CHARACTERS)}…` : whole;
    text += PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  }
  return text;
}

/** Names the kind of a value for a message, without printing the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'object') {
    const name = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'an object';
  }
  return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
}

/** True for objects made of literals or `JSON.parse`: no class, so nothing hidden that JSON would drop. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
