import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

/** The machine's Chromium (`CHROMIUM` names another); undefined where there is none. */
export const chromiumPath = places.find((place) => place !== undefined && existsSync(place));

export const NO_BROWSER =
  "No Chromium found: the console's browser tests are skipped. Debian: apt-get install chromium; elsewhere say where it is with CHROMIUM=/path.";

/** Without its sandbox, because containers run as root; it only ever visits this machine. */
const chromiumArguments = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"];

export async function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(NO_BROWSER);
  return chromium.launch({ executablePath: chromiumPath, args: chromiumArguments });
}

/** A browser that other programs can steer as well; its storage is the profile's. */
export async function launchSteerableChromium(profile: string, port: number) {
  if (chromiumPath === undefined) throw new Error(NO_BROWSER);
  return chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    args: [...chromiumArguments, `--remote-debugging-port=${port}`],
  });
}
