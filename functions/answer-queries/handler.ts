import { createApi } from "../../shared/api/api.ts";
import type { ApiEvent } from "../../shared/api/dispatch.ts";
import { apiOptionsFrom } from "../../shared/runtime/api-options.ts";
import { house } from "../../shared/runtime/house.ts";

const answer = createApi(apiOptionsFrom(), "reads");

/** Every GET of the API. */
export const handler = house((event: ApiEvent) => answer(event));
