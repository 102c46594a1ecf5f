import { StringDecoder } from "node:string_decoder";
import * as z from "zod";
import type { Sample } from "../aws/cloudwatch-store.ts";

const formatSchema = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});
const valuesSchema = z.union([z.number().transform((value) => [value]), z.array(z.number())]);

/**
 * The samples in a line of a function's output, if it is of CloudWatch's embedded metric format: each metric once for
 * each set of dimensions. Anything else holds none, as CloudWatch Logs has it.
 */
export function embeddedMetrics(line: string): readonly Sample[] {
  if (!line.includes('"_aws"')) return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = formatSchema.safeParse(value);
  if (!parsed.success) return [];
  const { _aws: format, ...fields } = parsed.data;
  return format.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name: name }) => {
      const values = valuesSchema.safeParse(fields[name]);
      if (!values.success) return [];
      return Dimensions.flatMap((names) => {
        const dimensions = Object.fromEntries(names.map((dimension) => [dimension, String(fields[dimension])]));
        return values.data.map((one) => ({ namespace, name, dimensions, value: one, atMs: format.Timestamp }));
      });
    }),
  );
}

/** Longer lines than a log event can have are no metrics. */
const MAX_LINE = 1_048_576;

/** Cuts a stream of output into lines, wherever its chunks end. */
export function createLineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) onLine(line);
  };
}
