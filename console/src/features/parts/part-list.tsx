import { Link } from "@tanstack/react-router";
import { Id } from "../../display/ids.tsx";
import type { Column, Filter } from "../../list/list-definition.ts";
import type { Wire } from "../../session/me.ts";
import { describeLateness } from "./due-state.ts";
import { describePath } from "./firing-facts.tsx";

/** What schedules and holds have in common: both are part of a payout and go out at an instant. */
type Part = Pick<
  Wire["PayoutSchedule"] | Wire["EscrowHold"],
  "payout_id" | "placement_id" | "company_id" | "release_path" | "lateness_seconds"
>;

export const partColumns = {
  payout: {
    id: "payout",
    header: "Payout",
    cell: ({ payout_id }) => (
      <Link to="/payouts/$id" params={{ id: payout_id }} search={{}}>
        <Id id={payout_id} />
      </Link>
    ),
    text: ({ payout_id }) => payout_id,
  },
  placement: {
    id: "placement",
    header: "Placement",
    cell: ({ placement_id }) => <Id id={placement_id} />,
    text: ({ placement_id }) => placement_id ?? "",
  },
  company: {
    id: "company",
    header: "Company",
    optional: true,
    cell: ({ company_id }) => company_id ?? "–",
    text: ({ company_id }) => company_id ?? "",
  },
  path: {
    id: "path",
    header: "Set off",
    optional: true,
    cell: ({ release_path }) => (release_path === null ? "–" : describePath(release_path)),
  },
  lateness: {
    id: "lateness",
    header: "Lateness",
    optional: true,
    cell: ({ lateness_seconds }) => (lateness_seconds === null ? "–" : describeLateness(lateness_seconds)),
  },
} satisfies Readonly<Record<string, Column<Part>>>;

/** By the ids that a part carries. */
export const partFilters: readonly Filter[] = [
  { kind: "amount", key: "amount", label: "Amount" },
  { kind: "text", key: "payee_id", label: "Payee" },
  { kind: "text", key: "placement_id", label: "Placement" },
  { kind: "text", key: "company_id", label: "Company" },
  { kind: "text", key: "payout_id", label: "Payout" },
];
