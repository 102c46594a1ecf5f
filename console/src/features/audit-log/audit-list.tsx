import { answerOf } from "../../api/api-problem.ts";
import { shortId } from "../../display/ids.tsx";
import { exportPageOf } from "../../list/export-page.ts";
import type { ListDefinition } from "../../list/list-definition.ts";
import { type ListSearch, valuesOf } from "../../list/list-search.ts";
import type { Me, Wire } from "../../session/me.ts";
import { ActionFilter } from "./action-filter.tsx";
import { actionGroups, describeAction, entityWord } from "./entry-words.ts";
import { entityTypeOf } from "./named-record.ts";
import { RecordFilter } from "./record-filter.tsx";

export type AuditEntry = Wire["AuditEntry"];

const approvals = "payout.approved,payout.vote_recorded,payout.rejected";
const releases = "escrow_hold.released,escrow_hold.partially_released,payout_schedule.triggered";
const actorTypes = [
  { value: "user", label: "A person" },
  { value: "system", label: "The system" },
  { value: "provider", label: "A provider" },
];

/** The audit log as a list; it is shown as a timeline, so it has no columns but what typing narrows by. */
export function auditListOf({ subject }: Pick<Me, "subject">): ListDefinition<AuditEntry> {
  return {
    name: "payout-audit-log",
    one: "entry",
    many: "entries",
    searchLabel: "Narrow down, or Enter for a record’s id",
    columns: [{ id: "text", header: "Text", cell: () => null, text: textOf }],
    filters: [
      {
        kind: "own",
        key: "action",
        label: "Action",
        keys: ["action"],
        describe: describeActions,
        Editor: ActionFilter,
      },
      {
        kind: "own",
        key: "record",
        label: "Record",
        keys: ["entity_type", "entity_id"],
        describe: describeRecord,
        Editor: RecordFilter,
      },
      { kind: "text", key: "changed_by", label: "Who" },
      { kind: "choice", key: "changed_by_type", label: "Done by", options: actorTypes },
      { kind: "text", key: "payout_id", label: "Payout" },
      { kind: "dates", key: "dates", label: "When" },
    ],
    presets: [
      { name: "Approvals", search: () => ({ action: approvals }) },
      { name: "Releases by hand", search: () => ({ action: releases, changed_by_type: "user" }) },
      { name: "What I did", search: () => ({ changed_by: subject }) },
      { name: "Refused and exported", search: () => ({ action: "security.action_refused,security.data_read" }) },
    ],
    fetchPage: (api, query, signal) =>
      answerOf(api.GET("/v2/payout-audit-log", { params: { query: namedQuery(query) }, signal })),
    fetchExport: (api, query, signal) => {
      const { sort: _order, limit: _limit, ...filters } = namedQuery(query);
      return exportPageOf(
        api.GET("/v2/payout-audit-log/export", {
          params: { query: { ...filters, format: "csv" } },
          signal,
          parseAs: "text",
        }),
      );
    },
    empty: "Every change of every record becomes an entry.",
  };
}

/** The API wants the kind of a record beside its id, unless the id is of a payout's family. */
function namedQuery(query: Readonly<Record<string, string>>): Record<string, string> {
  const { entity_id: id, entity_type: given } = query;
  const type = given ?? (id === undefined ? undefined : entityTypeOf(id));
  return { ...query, ...(id === undefined || type === undefined ? {} : { entity_type: type }) };
}

function textOf({
  action,
  entity_type,
  entity_id,
  changed_by,
  changed_by_role,
  reason,
  payout_id,
}: AuditEntry): string {
  return [
    describeAction(action),
    action,
    entityWord(entity_type),
    entity_id,
    changed_by,
    changed_by_role,
    reason,
    payout_id,
  ]
    .filter((part) => part !== null)
    .join(" ");
}

/** A group that is chosen as a whole is said by its name. */
function describeActions(search: ListSearch): string | undefined {
  const chosen = valuesOf(search, "action");
  if (chosen.length === 0) return undefined;
  const whole = actionGroups.find(
    ({ items }) => items.length === chosen.length && items.every(({ value }) => chosen.includes(value)),
  );
  if (whole !== undefined) return `all of ${whole.group.toLowerCase()}`;
  const names = chosen.slice(0, 2).map(describeAction).join(", ");
  return chosen.length > 2 ? `${names} and ${chosen.length - 2} more` : names;
}

function describeRecord({ entity_type: type, entity_id: id }: ListSearch): string | undefined {
  if (id === undefined) return type === undefined ? undefined : entityWord(type);
  const known = type ?? entityTypeOf(id);
  return `${known === undefined ? "" : `${entityWord(known)} `}${shortId(id)}`;
}
