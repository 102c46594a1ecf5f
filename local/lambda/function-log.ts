import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** One log file per function; what its sandboxes print goes there and nowhere else. */
export class FunctionLog {
  readonly #stream: WriteStream;

  constructor(dataDir: string, functionName: string) {
    const folder = join(dataDir, "logs");
    mkdirSync(folder, { recursive: true });
    this.#stream = createWriteStream(join(folder, `${functionName.replaceAll(/[^\w.-]/g, "_")}.log`), { flags: "a" });
    // Every sandbox of the function adds its own listeners.
    this.#stream.setMaxListeners(0);
  }

  take(output: Readable): void {
    output.on("data", (chunk: Buffer) => this.#stream.write(chunk));
  }

  line(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve));
  }
}
