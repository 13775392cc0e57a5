import { readFile } from 'node:fs/promises';

const operating = new URL('../../docs/operating.md', import.meta.url);

/** The password of the rule in the docs. */
export const ACL_LOGIN = 'fleet:choose-a-password';

/** The arguments of `ACL SETUSER` as they stand in the docs, for a prefix of keys. */
export async function aclRule(prefix: string): Promise<[user: string, ...rules: string[]]> {
  const rule = /^ACL SETUSER (fleet .+)$/m.exec(await readFile(operating, 'utf8'))?.[1];
  const [user, ...rules] = rule?.replaceAll('pf:', `${prefix}:`).split(' ') ?? [];
  if (user === undefined)
    throw new Error('docs/operating.md has no line that begins with "ACL SETUSER fleet"');
  return [user, ...rules];
}
