import * as z from "zod";

/** What the functions read of a domain event on the bus; the rest of its data may be stale by the time it arrives. */
export const subjectSchema = z.object({
  organization_id: z.string().min(1),
  entity_id: z.string().min(1),
});

/** An event of the bus as Lambda gets it; of its envelope only what is used. */
export const busEventSchema = z.object({
  id: z.string().min(1),
  source: z.string().min(1),
  time: z.string().min(1),
  "detail-type": z.string().min(1),
  detail: z.unknown(),
});
