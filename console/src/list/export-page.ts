import { ApiProblem } from "../api/api-problem.ts";
import type { ExportPage } from "./list-definition.ts";

interface TextAnswer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

/** One page of a CSV export; `x-next-cursor` carries on. Throws `ApiProblem`. */
export async function exportPageOf(request: Promise<TextAnswer>): Promise<ExportPage> {
  const { data, error, response } = await request;
  if (typeof data === "string") return { csv: data, nextCursor: response.headers.get("x-next-cursor") ?? undefined };
  if (typeof error === "object" && error !== null && "code" in error)
    throw new ApiProblem(error as ApiProblem["problem"]);
  throw new Error(`the API answered ${response.status} without saying why`);
}
