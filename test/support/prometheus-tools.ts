import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withFileLock } from '../../src/embedded-redis/file-lock.ts';
import { type Machine, runQuietly } from '../../src/embedded-redis/run-quietly.ts';
import { explain } from '../../src/shared/errors.ts';

/** The commands of one Prometheus: names on PATH, or paths. */
export interface PrometheusTools {
  readonly prometheus: string;
  readonly promtool: string;
}

const dataDir = fileURLToPath(new URL('../../.persona-fleet', import.meta.url));

/** Debian keeps both commands here; a package that is only unpacked has the same folders below its own root. */
const binOf = (dir: string) => join(dir, 'prometheus', 'usr', 'bin');

/** What is on PATH, or what `ensurePrometheus` has unpacked; undefined when neither runs. */
export async function findPrometheus(
  machine: Machine = {},
  unpackedIn = dataDir,
): Promise<PrometheusTools | undefined> {
  const unpacked = binOf(unpackedIn);
  const places = [
    { prometheus: 'prometheus', promtool: 'promtool' },
    { prometheus: join(unpacked, 'prometheus'), promtool: join(unpacked, 'promtool') },
  ];
  for (const tools of places) {
    const version = (command: string) =>
      runQuietly(command, ['--version'], { ...machine, timeoutMs: 30_000 });
    if ((await version(tools.prometheus)) && (await version(tools.promtool))) return tools;
  }
  return undefined;
}

/**
 * The commands, from Debian's package where they are on nobody's PATH: downloaded and unpacked into the data directory, so that
 * no service starts and nothing of the system changes (but the package lists, when root has none). At once by two processes,
 * it is done once. undefined where that cannot be had; then one line says so.
 */
export async function ensurePrometheus(options: {
  announce: (line: string) => void;
  machine?: Machine;
  unpackInto?: string;
}): Promise<PrometheusTools | undefined> {
  const { announce, machine = {}, unpackInto = dataDir } = options;
  const found = await findPrometheus(machine, unpackInto);
  if (found !== undefined) return found;
  let why = '';
  try {
    await mkdir(unpackInto, { recursive: true });
    const unpacked = await withFileLock(
      join(unpackInto, 'unpack-prometheus.lock'),
      async () => {
        const already = await findPrometheus(machine, unpackInto);
        if (already !== undefined) return already;
        await unpackPackage(unpackInto, machine, announce);
        return findPrometheus(machine, unpackInto);
      },
      { waitMs: 10 * 60_000 },
    );
    if (unpacked !== undefined) return unpacked;
  } catch (error) {
    why = ` (${explain(error)})`;
  }
  announce(
    `there is no Prometheus${why}: the tests that need one are skipped. To run them, put prometheus and promtool on PATH (Debian: apt-get install prometheus)`,
  );
  return undefined;
}

async function unpackPackage(
  into: string,
  machine: Machine,
  announce: (line: string) => void,
): Promise<void> {
  const run = (command: string, args: readonly string[]) =>
    runQuietly(command, args, { ...machine, timeoutMs: 3 * 60_000 });
  if (!(await run('apt-get', ['--version'])) || !(await run('dpkg', ['--version']))) return;
  announce('fetching Prometheus for the tests (first run only)');
  const dir = await mkdtemp(join(into, 'unpack-prometheus-'));
  try {
    // apt-get puts the package where it is run.
    const download = () => run('sh', ['-c', 'cd "$0" && exec apt-get download -qq prometheus', dir]);
    const isRoot = machine.isRoot ?? process.getuid?.() === 0;
    const isThere =
      (await download()) || (isRoot && (await run('apt-get', ['update', '-qq'])) && (await download()));
    const [file] = isThere ? (await readdir(dir)).filter((name) => name.endsWith('.deb')) : [];
    if (file === undefined) return;
    const root = join(dir, 'root');
    if (!(await run('dpkg', ['-x', join(dir, file), root]))) return;
    // Whole or not at all: a run that is interrupted leaves nothing that looks like a Prometheus.
    await rm(join(into, 'prometheus'), { recursive: true, force: true });
    await rename(root, join(into, 'prometheus'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * For a test that needs them: undefined skips it, with the reason. With CI set a missing Prometheus fails it instead, so that
 * no check passes by not having run.
 */
export async function prometheusTools(t: TestContext): Promise<PrometheusTools | undefined> {
  const tools = await findPrometheus();
  if (tools !== undefined) return tools;
  const why = 'needs prometheus and promtool on PATH, or unpacked by `npm test`';
  if (process.env.CI) throw new Error(why);
  t.skip(why);
  return undefined;
}
