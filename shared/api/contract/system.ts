import * as z from "zod";
import { operation } from "../operation.ts";

const tag = "System";

export const systemOperations = {
  getHealth: operation({
    method: "GET",
    path: "/v2/health",
    tag,
    summary: "Tell that the API runs",
    access: "public",
    answer: { status: 200, schema: z.object({ data: z.object({ status: z.literal("ok") }) }) },
  }),
  getOpenApi: operation({
    method: "GET",
    path: "/v2/openapi.json",
    tag,
    summary: "Get this document",
    access: "public",
    answer: { status: 200, schema: z.looseObject({ openapi: z.string() }) },
  }),
} as const;
