import { type Finding, fault, ok, warning } from '../check.ts';

/** `engines`: what package.json asks for, as `>=22.18`. */
export function checkNodeVersion(version: string, engines: string): Finding {
  const [major = 0, minor = 0] = numbersOf(version);
  const [leastMajor = 0, leastMinor = 0] = numbersOf(engines);
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    return fault(version, `Node ${leastMajor}.${leastMinor} or newer is needed`);
  }
  if (major % 2 === 1) {
    return warning(version, 'releases with an odd number are kept up for half a year only: use an even one');
  }
  return ok(version);
}

function numbersOf(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}
