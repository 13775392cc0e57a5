/**
 * Where Redis is, as one text: `REDIS_URL`.
 *
 * One server has the URL that every tool knows. The forms with several addresses are those of the Python tools (redisvl, Prefect,
 * limits): `redis+cluster://` with some nodes of a cluster, `redis+sentinel://` with the sentinels and the name under which
 * they know the primary. `rediss` asks for TLS, of the sentinels too.
 */
export type RedisAddress =
  | { readonly kind: 'server'; readonly url: string }
  | { readonly kind: 'cluster'; readonly nodes: readonly Endpoint[]; readonly access: Access }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly Endpoint[];
      readonly primary: string;
      readonly database: number;
      readonly access: Access;
      /** Sentinels have credentials of their own, or none. */
      readonly sentinelAccess: Access;
    };

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Access {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
}

/** The login is named beside the forms: within them, what masks passwords in messages would take `password` for one. */
const FORMS =
  'redis://[login@]host:port[/db], redis+cluster://[login@]host:port,host:port,… or ' +
  'redis+sentinel://[login@]host:port,host:port,…/name[/db] (login: user:password; rediss instead of redis for TLS)';
const SENTINEL_PARAMETERS = ['sentinel_username', 'sentinel_password'];
const DEFAULT_PORTS = { cluster: 6_379, sentinel: 26_379 } as const;

/** Reads an address; the fault says what was expected, what was given (no password) and what to do. Tries no connection. */
export function readRedisAddress(text: string): { address: RedisAddress } | { fault: string } {
  const list =
    /^redis(?<tls>s?)\+(?<kind>cluster|sentinel):\/\/(?:(?<credentials>.*)@)?(?<hosts>[^/?#]*)(?<path>[^?#]*)(?:\?(?<query>.*))?$/.exec(
      text,
    )?.groups;
  if (list === undefined) {
    const isServer = /^rediss?:\/\//.test(text) && URL.canParse(text);
    if (isServer) return { address: { kind: 'server', url: text } };
    return {
      fault: `expected ${FORMS}, got ${text.includes('://') ? maskPassword(text) : 'something that begins with none of these'}`,
    };
  }
  try {
    const access = { ...readCredentials(list.credentials), tls: list.tls === 's' };
    const { hosts = '', path = '', query = '' } = list;
    return {
      address:
        list.kind === 'cluster'
          ? readCluster(hosts, path, query, access)
          : readSentinels(hosts, path, query, access),
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { fault: `${error.message}; got ${maskPassword(text)}` };
  }
}

class Fault extends Error {}

function readCluster(hosts: string, path: string, query: string, access: Access): RedisAddress {
  if (/^\/[^/]/.test(path)) {
    throw new Fault('expected no database after the addresses, as a cluster has only one: leave it out');
  }
  if (query !== '') throw new Fault('expected nothing after the addresses of a cluster: leave it out');
  return { kind: 'cluster', nodes: readEndpoints(hosts, DEFAULT_PORTS.cluster), access };
}

function readSentinels(hosts: string, path: string, query: string, access: Access): RedisAddress {
  const [, primary = '', database = '', ...rest] = path.split('/');
  if (primary === '') {
    throw new Fault(
      "expected the primary's name after the sentinels, as `sentinel monitor` has it: …:26379/mymaster",
    );
  }
  if (!/^\d*$/.test(database) || rest.join('') !== '') {
    throw new Fault(
      "expected a database number, or nothing, after the primary's name: …/mymaster or …/mymaster/0",
    );
  }
  const parameters = new URLSearchParams(query);
  const unknown = [...parameters.keys()].find((name) => !SENTINEL_PARAMETERS.includes(name));
  if (unknown !== undefined) {
    throw new Fault(
      `expected no parameters but ${SENTINEL_PARAMETERS.join(' and ')}: leave ${JSON.stringify(unknown)} out`,
    );
  }
  return {
    kind: 'sentinel',
    sentinels: readEndpoints(hosts, DEFAULT_PORTS.sentinel),
    primary: decode(primary),
    database: Number(database),
    access,
    sentinelAccess: {
      username: parameters.get('sentinel_username') ?? undefined,
      password: parameters.get('sentinel_password') ?? undefined,
      tls: access.tls,
    },
  };
}

function readCredentials(text: string | undefined): Pick<Access, 'username' | 'password'> {
  if (text === undefined) return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  if (colon < 0) return { username: decode(text), password: undefined };
  return { username: decode(text.slice(0, colon)) || undefined, password: decode(text.slice(colon + 1)) };
}

/** A `%` that stands for itself is one: passwords are pasted, and not everybody encodes them. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readEndpoints(hosts: string, defaultPort: number): Endpoint[] {
  return hosts.split(',').map((one) => {
    const parts = /^(?:\[(?<v6>[\da-f:.]+)\]|(?<name>[\w.-]+))(?::(?<port>\d{1,5}))?$/i.exec(one)?.groups;
    const host = parts?.v6 ?? parts?.name;
    const port = Number(parts?.port ?? defaultPort);
    if (host === undefined || port < 1 || port > 65_535) {
      throw new Fault(
        'expected addresses as host:port, with a comma between them, after the one user:password@ for all',
      );
    }
    return { host, port };
  });
}

/** The URL of one server among several. */
export function serverUrl(
  { host, port }: Endpoint,
  { username, password, tls }: Access,
  database = 0,
): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const who =
    username === undefined && password === undefined ? '' : `${encodeURIComponent(username ?? '')}${secret}@`;
  const place = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'rediss' : 'redis'}://${who}${place}:${port}${database === 0 ? '' : `/${database}`}`;
}

/** The address as it may be shown: passwords become `***`, also in text that is no URL at all. */
export function maskPassword(url: string): string {
  const [, scheme = '', credentials, rest = ''] = /^([a-z+]*:\/\/)?(?:(.*)@)?(.*)$/is.exec(url) ?? [];
  const user = credentials?.includes(':') ? credentials.split(':', 1)[0] : undefined;
  const shown = credentials === undefined ? '' : user === undefined ? '***@' : `${user}:***@`;
  return `${scheme}${shown}${rest.replace(/(password=)[^&]*/gi, '$1***')}`;
}
