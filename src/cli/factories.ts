import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { assertWritable } from '../producer/export/output.ts';
import { planFactories } from '../producer/planning.ts';
import { openProducerSession } from '../producer/session.ts';
import { DEFAULT_MODEL, SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { MAX_FACTORIES, type PlannedFactory } from '../shared/planning/operations.ts';
import { printable } from '../shared/printable.ts';
import { type CommandContext, configOf, openRedis, say } from './context.ts';
import { isSimulated } from './generate.ts';
import { createLocalParts } from './local-parts.ts';
import { whilePlanning } from './resolve-spec.ts';

export interface FactoriesOptions {
  context?: string;
  contextFile?: string;
  populationSize?: number;
  simulation?: string;
  seed?: string;
  out?: string;
  json?: boolean;
  workers?: number;
}

const DEFAULT_SIMULATION = 'default';
/** Stands for the files of the folder when it is looked whether any can be written. */
const SPEC_FILE = '01.yaml';
const DEFAULT_POPULATION_SIZE = 100;

/**
 * Divides a broad context into narrower ones, by one planning job: prints them, or writes a population spec for each into a
 * folder. The same command again makes no model call. Starts a simulator and workers as `generate` does, if they are needed.
 */
export async function factories(
  count: number,
  options: FactoriesOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { simulation = DEFAULT_SIMULATION } = options;
  if (count > MAX_FACTORIES) throw new UserError(`count: expected at most ${MAX_FACTORIES}, got ${count}`);
  const config = configOf(context, { PERSONA_FLEET_WORKERS: options.workers });
  const genericContext = await readContext(options);
  // Before a call is paid for.
  if (options.out !== undefined) await assertWritable(join(options.out, SPEC_FILE));
  const simulated = isSimulated(config);
  const model = simulated ? SIMULATED_MODEL : (config.OPENAI_MODEL ?? DEFAULT_MODEL);

  await using access = await openRedis(context, config, 'patient');
  const { redisUrl } = access;
  await using session = openProducerSession({ ...access, config, simulation });
  await using parts = createLocalParts({
    context,
    config,
    simulated,
    redisUrl,
    onCrash: (line) => say(context, line),
  });
  const help = {
    session,
    parts,
    model,
    simulated,
    signal: context.signal,
    say: options.json ? () => {} : (line: string) => say(context, line),
  };
  const planned = await whilePlanning(help, `asking for ${count} contexts`, (waiting) =>
    planFactories(session, { count, genericContext }, { model, ...waiting }),
  );
  const files = options.out === undefined ? undefined : await writeSpecs(options.out, planned, options);
  if (options.json) context.stdout.write(`${JSON.stringify({ simulation, factories: planned, files })}\n`);
  else if (files === undefined) context.stdout.write(planned.map(described).join('\n'));
  else context.stdout.write(files.map((file) => `${file}\n`).join(''));
  return ExitCode.ok;
}

async function readContext({ context, contextFile }: FactoriesOptions): Promise<string> {
  if ((context === undefined) === (contextFile === undefined)) {
    throw new UserError(
      'expected exactly one of --context and --context-file: what to divide into factories',
    );
  }
  if (contextFile === undefined) return notBlank(context ?? '', '--context');
  try {
    return notBlank(await readFile(contextFile, 'utf8'), contextFile);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new UserError(`${contextFile}: ${why}`, { cause });
  }
}

function notBlank(text: string, where: string): string {
  if (text.trim() === '') throw new UserError(`${where} is empty`);
  return text.trim();
}

/** One spec a factory, `01-night-nurses.yaml` and so on; files of these names are replaced. */
async function writeSpecs(
  folder: string,
  planned: readonly PlannedFactory[],
  { simulation = DEFAULT_SIMULATION, seed, populationSize = DEFAULT_POPULATION_SIZE }: FactoriesOptions,
): Promise<string[]> {
  const digits = Math.max(2, String(planned.length).length);
  const files: string[] = [];
  try {
    await makeFolder(folder);
    for (const [index, { title, context }] of planned.entries()) {
      const file = join(folder, `${String(index + 1).padStart(digits, '0')}-${slug(title)}.yaml`);
      const spec = { simulation, populationSize, ...(seed === undefined ? {} : { seed }), context };
      await writeFile(file, `# ${title.replace(/\s+/g, ' ')}\n${stringify(spec)}`);
      files.push(file);
    }
  } catch (cause) {
    const { code, path = folder } = cause as NodeJS.ErrnoException;
    throw new UserError(`cannot write ${path} (${code}): choose another folder for --out`, { cause });
  }
  return files;
}

function slug(title: string): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return words.slice(0, 60) || 'factory';
}

function described({ title, context }: PlannedFactory): string {
  const lines = context.split(/\s*\n\s*/).map(printable);
  return `${printable(title)}\n  ${lines.join('\n  ')}\n`;
}
