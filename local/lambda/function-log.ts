import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Sample } from "../aws/cloudwatch-store.ts";
import { createLineReader, embeddedMetrics } from "./embedded-metrics.ts";

/** One log file per function; what its sandboxes print goes there and nowhere else. */
export class FunctionLog {
  readonly #stream: WriteStream;
  readonly #measure: (sample: Sample) => void;

  /** Metrics that the function prints in its log go to `measure` as well. */
  constructor(dataDir: string, functionName: string, measure: (sample: Sample) => void) {
    this.#measure = measure;
    const folder = join(dataDir, "logs");
    mkdirSync(folder, { recursive: true });
    this.#stream = createWriteStream(join(folder, `${functionName.replaceAll(/[^\w.-]/g, "_")}.log`), { flags: "a" });
    // Every sandbox of the function adds its own listeners.
    this.#stream.setMaxListeners(0);
  }

  take(output: Readable): void {
    const read = createLineReader((line) => {
      for (const sample of embeddedMetrics(line)) this.#measure(sample);
    });
    output.on("data", (chunk: Buffer) => {
      this.#stream.write(chunk);
      read(chunk);
    });
  }

  line(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve));
  }
}
