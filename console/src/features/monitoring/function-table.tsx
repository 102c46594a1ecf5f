import { StatusBadge } from "../../display/status-badge.tsx";
import type { Column } from "../../list/list-definition.ts";
import { formatMilliseconds, measured } from "./durations.ts";
import { TelltaleTable } from "./fact-table.tsx";
import type { Monitoring } from "./monitoring-page.tsx";

type LambdaFunction = Monitoring["functions"][number] & { readonly id: string };

const counted = (count: number) => count.toLocaleString("en-US");
const badly = (count: number) => (count === 0 ? "0" : <StatusBadge status="failed" label={counted(count)} />);

const columns: readonly Column<LambdaFunction>[] = [
  { id: "name", header: "Function", primary: true, cell: ({ name }) => name },
  { id: "invocations", header: "Invocations", align: "right", cell: ({ invocations }) => counted(invocations) },
  { id: "errors", header: "Errors", align: "right", cell: ({ errors }) => badly(errors) },
  { id: "throttles", header: "Throttles", align: "right", cell: ({ throttles }) => badly(throttles) },
  {
    id: "duration",
    header: "Duration, p99",
    align: "right",
    cell: ({ duration_p99_ms: duration }) => measured(duration, formatMilliseconds),
  },
  { id: "resource", header: "In the account", cell: ({ resource_name }) => resource_name },
];

/** Failing functions first, then the busiest. */
export function FunctionTable({ functions }: { functions: Monitoring["functions"] }) {
  const records = functions
    .map((one) => ({ ...one, id: one.name }))
    .toSorted((a, b) => b.errors + b.throttles - (a.errors + a.throttles) || b.invocations - a.invocations);
  return (
    <TelltaleTable
      label="Functions"
      many="functions"
      calm="No function has failed or been throttled"
      tells={({ errors, throttles }) => errors + throttles > 0}
      records={records}
      columns={columns}
    />
  );
}
