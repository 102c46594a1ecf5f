import { createApi } from "../../shared/api/api.ts";
import type { ApiEvent } from "../../shared/api/dispatch.ts";
import { apiOptionsFrom } from "../../shared/runtime/api-options.ts";
import { house } from "../../shared/runtime/house.ts";

const accept = createApi(apiOptionsFrom(), "deeds");

/** Everything that changes something: POST, PATCH, PUT and DELETE. */
export const handler = house((event: ApiEvent) => accept(event));
