import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Ends the store that a killed host has left behind: only the process of the pid file, and only if its command line names our
 * data file, since the pid may belong to somebody else by now.
 */
export async function endLeftover(pidFile: string, dataFile: string): Promise<void> {
  const pid = readPid(pidFile);
  if (pid !== undefined && commandLine(pid).includes(dataFile)) await endProcess(pid, dataFile);
  rmSync(pidFile, { force: true });
}

async function endProcess(pid: number, dataFile: string): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (let waitedMs = 0; waitedMs < 2_000; waitedMs += 20) {
      if (!commandLine(pid).includes(dataFile)) return;
      await sleep(20);
    }
  }
  throw new Error(`the process ${pid} of an earlier run still holds ${dataFile}`);
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return execFileSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
  } catch {
    return "";
  }
}
