import { Presets, SingleBar } from 'cli-progress';
import { dollarsText } from '../shared/models/dollars.ts';
import { count, counted } from './count.ts';
import { duration } from './duration.ts';
import type { HeldUp } from './held-up.ts';
import type { Total } from './runs.ts';

export interface ProgressDisplay {
  /** `held`: what holds the fleet up, where something does. */
  update(total: Total, held?: HeldUp | undefined): void;
  /** A line that stays, above the bar. */
  say(line: string): void;
  end(): void;
}

const LINE_EVERY_MS = 5_000;
/** The rate is taken over this long, so that the ETA follows a fleet that grows or slows down. */
const RATE_WINDOW_MS = 20_000;

/** Progress of a run: a bar on a terminal, a line now and then elsewhere. Writes to stderr only. */
export function createProgressDisplay(stream: NodeJS.WriteStream, now: () => number): ProgressDisplay {
  const rate = createRate(now);
  return stream.isTTY ? createBar(stream, rate) : createLines(stream, rate, now);
}

interface Facts {
  readonly done: number;
  readonly size: number;
  readonly text: string;
}

type Rate = (done: number) => number;

function createRate(now: () => number): Rate {
  const samples: { at: number; done: number }[] = [];
  return (done) => {
    const at = now();
    samples.push({ at, done });
    while (samples.length > 2 && at - (samples[1]?.at ?? at) > RATE_WINDOW_MS) samples.shift();
    const first = samples[0] ?? { at, done };
    return at === first.at ? 0 : ((done - first.done) * 1000) / (at - first.at);
  };
}

function factsOf(status: Total, rate: Rate, held: HeldUp | undefined): Facts {
  const done = status.committed + status.failed;
  const perSecond = rate(done);
  const open = status.size - done;
  const eta = perSecond > 0 ? duration(Math.max(open / perSecond, leastSeconds(status, open, held))) : '?';
  const parts = [
    `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`,
    `ETA ${eta}`,
    counted(status.calls + status.repairCalls, 'call'),
    `${count(status.promptTokens + status.completionTokens)} tokens`,
  ];
  if (status.nanoDollars > 0) parts.push(dollarsText(status.nanoDollars));
  if (status.failed > 0) parts.push(`${count(status.failed)} failed`);
  if (held !== undefined) parts.push(held.text);
  return { done, size: status.size, text: parts.join(', ') };
}

/** What limits leave no way around, whatever saved-up capacity lets through at first. */
function leastSeconds({ committed, ...status }: Total, open: number, held: HeldUp | undefined): number {
  const { callsPerSecond, tokensPerSecond } = held?.pace ?? {};
  const tokensEach = committed === 0 ? 0 : (status.promptTokens + status.completionTokens) / committed;
  return Math.max(
    callsPerSecond ? open / callsPerSecond : 0,
    tokensPerSecond ? (open * tokensEach) / tokensPerSecond : 0,
  );
}

function createBar(stream: NodeJS.WriteStream, rate: Rate): ProgressDisplay {
  const bar = new SingleBar(
    {
      stream,
      format: ' {bar} {value}/{total} people, {text}',
      hideCursor: true,
      clearOnComplete: false,
      stopOnComplete: false,
      fps: 8,
      barsize: 24,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(status, held) {
      const { done, size, text } = factsOf(status, rate, held);
      if (!started) bar.start(size, done, { text });
      else bar.update(done, { text });
      started = true;
    },
    say(line) {
      stream.write(`\r\x1b[K${line}\n`);
    },
    end() {
      if (started) bar.stop();
    },
  };
}

function createLines(stream: NodeJS.WriteStream, rate: Rate, now: () => number): ProgressDisplay {
  let nextAt = Number.NEGATIVE_INFINITY;
  let last = '';
  const write = (line: string) => {
    if (line !== last) stream.write(`${line}\n`);
    last = line;
  };
  let latest = '';
  return {
    update(status, held) {
      const { done, size, text } = factsOf(status, rate, held);
      latest = `${count(done)}/${count(size)} people, ${text}`;
      if (now() < nextAt) return;
      nextAt = now() + LINE_EVERY_MS;
      write(latest);
    },
    say: write,
    end: () => {
      if (latest !== '') write(latest);
    },
  };
}
