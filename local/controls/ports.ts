/** Which port each endpoint gets: known before anything starts, because the template's values name them. */
import { createServer, type Server } from "node:net";
import { listen } from "../http/local-server.ts";

export interface PortOptions {
  /** The AWS endpoint; the others follow it. 0 takes free ones everywhere. */
  readonly aws?: number;
}

export interface PortPlan {
  readonly aws: number;
  readonly local: number;
  readonly stripe: number;
  /** By the HTTP API's id or the function's name; the same name gets the same port. */
  of(name: string): number;
}

const DEFAULT_AWS_PORT = 4566;
/** Free ports taken at once when they may be any. */
const POOL_SIZE = 16;

export async function planPorts({ aws = DEFAULT_AWS_PORT }: PortOptions): Promise<PortPlan> {
  const pool = aws === 0 ? await freePorts(POOL_SIZE) : Array.from({ length: POOL_SIZE }, (_, index) => aws + index);
  const [awsPort = 0, local = 0, stripe = 0, ...rest] = pool;
  const given = new Map<string, number>();
  return {
    aws: awsPort,
    local,
    stripe,
    of(name) {
      const known = given.get(name);
      if (known !== undefined) return known;
      const port = rest.shift();
      if (port === undefined) throw new Error(`more than ${POOL_SIZE} endpoints: no port left for ${name}`);
      given.set(name, port);
      return port;
    },
  };
}

/** All are held at once, so that they differ, then released for the servers to come. */
async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map((server) => listen(server, 0)));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
