import type { Image, StreamChange } from "../events/stream-change.ts";
import { isCounted, type Standing, standingOf, type VersionedEntity } from "./tally.ts";

/**
 * A mark says which version of a record the counters hold, and where they hold it: `4:approved:USD:125000`, or `4x`
 * where it stands nowhere: it was removed, or only its versions are counted. Counting is a compare-and-set of marks, so that a change counts once, whatever is
 * delivered again or left out; after a gap the next change sets the counters right.
 */
export interface Mark {
  readonly version: number;
  /** Absent for a record that was removed or of which only the versions are counted. */
  readonly standing?: Standing;
}

export function encodeMark({ version, standing }: Mark): string {
  if (standing === undefined) return `${version}x`;
  return [version, standing.status, standing.currency, standing.amountMinor].join(":");
}

export function decodeMark(text: string): Mark {
  const [version = "", status, currency, amountMinor] = text.split(":");
  if (status === undefined || currency === undefined) return { version: Number.parseInt(version, 10) };
  return { version: Number(version), standing: { status, currency, amountMinor: Number(amountMinor) } };
}

/** The attribute of a partition's mark item. */
export function markName(entity: VersionedEntity, entityId: string): string {
  return `${entity}/${entityId}`;
}

/** The mark that a change leaves; a removal counts as later than the version removed. */
export function markAfter(entity: VersionedEntity, { version, after }: StreamChange): Mark {
  return after === undefined ? { version } : markOf(entity, version, after);
}

/** The mark that a change finds if everything before it was counted; undefined for a new record. */
export function markBefore(entity: VersionedEntity, { before }: StreamChange): Mark | undefined {
  if (before === undefined) return undefined;
  const version = before.version;
  return markOf(entity, typeof version === "number" ? version : 0, before);
}

function markOf(entity: VersionedEntity, version: number, image: Image): Mark {
  return isCounted(entity) ? { version, standing: standingOf(entity, image) } : { version };
}

export function isLater(mark: Mark, than: Mark | undefined): boolean {
  if (than === undefined) return true;
  if (mark.version !== than.version) return mark.version > than.version;
  return mark.standing === undefined && than.standing !== undefined;
}
