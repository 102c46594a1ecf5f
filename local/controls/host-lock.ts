/** One host per data directory: a lock that a killed process does not keep. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class DataDirectoryInUse extends Error {
  override readonly name = "DataDirectoryInUse";
}

interface Holder {
  readonly pid: number;
  /** Tells the process from a later one of the same number. */
  readonly startedAt: string;
}

/** Gives the release. Throws `DataDirectoryInUse` while another living host holds the directory. */
export function lockDataDirectory(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, "host.pid");
  const mine: Holder = { pid: process.pid, startedAt: startOf(process.pid) ?? "" };
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 2) throw error;
    }
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) {
      throw new DataDirectoryInUse(
        `a local cloud already runs on ${dataDir} (process ${holder.pid}): stop it, or choose another directory with --data`,
      );
    }
    rmSync(file, { force: true });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    // Killed between creating and writing it.
    return undefined;
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const start = startOf(pid);
  return start === undefined || startedAt === "" || start === startedAt;
}

/** The process's start in clock ticks, where the system tells it. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses, which may hold spaces; the start is the 22nd.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
