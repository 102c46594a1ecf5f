import { operations } from "../contract/operations.ts";
import type { systemOperations } from "../contract/system.ts";
import { openApiDocument } from "../openapi.ts";
import { answered, type Handlers } from "../operation.ts";

/** Made when it is first asked for. */
let document: object | undefined;

export function createSystemHandlers(): Handlers<typeof systemOperations> {
  return {
    getHealth: async () => answered({ data: { status: "ok" } }),
    getOpenApi: async () => {
      document ??= openApiDocument(operations);
      return answered(document);
    },
  };
}
