import type { Command } from 'ioredis';

/** A connection to a server or to a cluster. */
interface Connection {
  readonly status: string;
  sendCommand(command: Command, ...where: unknown[]): unknown;
}

/**
 * Tells how long each command on a connection took, from its first write to its reply, errors included; a script goes by the name
 * that `scripts` has for its hash, so that the names are a closed set.
 *
 * What waits for a connection is not timed, and one that has to be sent again after a connection was lost counts once. For
 * connections without blocking commands: their wait is no latency. ioredis would tell the same through `node:diagnostics_channel`, but of
 * all connections of the process, and only after it has made text of every argument, results of some kilobytes among them.
 */
export function timeCommands(
  redis: Connection,
  options: {
    readonly scripts: ReadonlyMap<string, string>;
    readonly onReply: (command: string, seconds: number) => void;
    readonly nowMs?: () => number;
  },
): void {
  const { scripts, onReply, nowMs = () => performance.now() } = options;
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, ...where) => {
    // A command that waits for a connection, or has lost it, comes by a second time.
    if (redis.status !== 'ready' || command.isTraced) return send(command, ...where);
    // Before it is sent: ioredis changes what it sends when Redis does not know a script yet.
    const name = nameOf(command, scripts);
    const startedMs = nowMs();
    const replied = () => onReply(name, (nowMs() - startedMs) / 1000);
    const reply = send(command, ...where);
    command.promise.then(replied, replied);
    return reply;
  };
}

function nameOf({ name, args: [hash] }: Command, scripts: ReadonlyMap<string, string>): string {
  if (name !== 'evalsha') return name;
  return scripts.get(String(hash)) ?? name;
}
