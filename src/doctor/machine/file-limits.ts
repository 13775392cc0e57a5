import { type Finding, ok, skipped, warning } from '../check.ts';

/** Libraries, logs, Redis connections and the metrics server of one process. */
const OTHER_FILES = 128;

/** Files that one process may have open, sockets among them; undefined where the system does not say. */
export function openFilesLimit(procLimits: string | undefined): number | undefined {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(procLimits ?? '') ?? [];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** Whether each process may open what its calls need: one connection each. */
export function checkFileLimits(limit: number | undefined, concurrency: number): Finding {
  if (limit === undefined) return skipped('this system does not say how many files a process may open');
  const needed = concurrency + OTHER_FILES;
  const found = `${limit === Number.POSITIVE_INFINITY ? 'any number of' : limit.toLocaleString('en-US')} open files a process, about ${needed} needed`;
  if (limit >= needed) return ok(found);
  return warning(
    found,
    `raise it (ulimit -n ${2 * needed}; LimitNOFILE= of systemd; ulimits of compose), or lower PERSONA_FLEET_CONCURRENCY`,
  );
}
