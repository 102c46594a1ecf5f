import { Text } from "@mantine/core";
import { StatusBadge } from "../../display/status-badge.tsx";
import type { Column } from "../../list/list-definition.ts";
import { useWhyNot } from "../../session/console-context.tsx";
import { formatSeconds, measured } from "./durations.ts";
import { TelltaleTable } from "./fact-table.tsx";
import type { Monitoring } from "./monitoring-page.tsx";

type Queue = Monitoring["queues"][number] & { readonly id: string };

const columns: readonly Column<Queue>[] = [
  { id: "name", header: "Queue", primary: true, cell: ({ name }) => name },
  {
    id: "messages",
    header: "Messages",
    align: "right",
    cell: ({ messages }) =>
      messages === 0 ? "0" : <StatusBadge status="failed" label={`about ${messages.toLocaleString("en-US")}`} />,
  },
  {
    id: "oldest",
    header: "Oldest",
    align: "right",
    cell: ({ oldest_age_seconds: age }) => measured(age, formatSeconds),
  },
  { id: "holds", header: "Holds", cell: ({ holds }) => holds },
  { id: "redrive", header: "Redrive", cell: ({ redrivable }) => (redrivable ? "yes" : "no") },
];

interface QueueTableProps {
  readonly queues: Monitoring["queues"];
  readonly onOpen: (queue: Queue) => void;
}

/** The failure queues, the fullest first; what one holds opens beside the list. */
export function QueueTable({ queues, onOpen }: QueueTableProps) {
  const whyNot = useWhyNot("payouts.view_sensitive");
  const records = queues.map((queue) => ({ ...queue, id: queue.name })).toSorted((a, b) => b.messages - a.messages);
  return (
    <>
      <TelltaleTable
        label="Failure queues"
        many="queues"
        calm={`All ${queues.length} queues are empty`}
        tells={({ messages }) => messages > 0}
        records={records}
        columns={columns}
        onOpen={whyNot === undefined ? onOpen : undefined}
      />
      {whyNot !== undefined && (
        <Text size="sm" c="dimmed" mt="xs">
          What a queue holds isn’t shown to you. {whyNot}
        </Text>
      )}
    </>
  );
}
