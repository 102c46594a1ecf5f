import { Stack, Text } from "@mantine/core";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { PageTitle } from "../../display/page-title.tsx";
import { addSums, StatCard, StatCards } from "../../display/stat-cards.tsx";
import { ListView } from "../../list/list-view.tsx";
import { useListState } from "../../list/use-list.ts";
import { useApi } from "../../session/console-context.tsx";
import { transferList } from "./transfer-list.tsx";
import type { transferStatuses } from "./transfer-meaning.ts";

export function TransfersPage() {
  return (
    <Stack gap="md">
      <PageTitle title="Transfers" note="Each movement of money at a provider, with its attempts" />
      <TransferStats />
      <ListView list={transferList} />
    </Stack>
  );
}

type Status = (typeof transferStatuses)[number];

const cards: readonly { readonly title: string; readonly statuses: readonly Status[]; readonly today?: string }[] = [
  { title: "On their way", statuses: ["pending", "processing", "retryable"] },
  { title: "Outcome unknown", statuses: ["outcome_unknown"] },
  { title: "Awaiting funds or payee", statuses: ["awaiting_funds", "awaiting_payee"] },
  { title: "Failed", statuses: ["failed_terminal"], today: "failed" },
  { title: "Completed", statuses: ["completed"], today: "completed" },
  { title: "Reversed", statuses: ["reversed"] },
];

function TransferStats() {
  const api = useApi();
  const { replace } = useListState();
  const { data } = useLive({
    queryKey: ["transfers", "stats"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/transfers/stats", { signal })),
  });
  const by = data?.data.by_status;
  return (
    <StatCards label="Transfers in figures">
      {cards.map(({ title, statuses, today }) => {
        const count = today === undefined ? 0 : (data?.data.today?.[today]?.count ?? 0);
        return (
          <StatCard
            key={title}
            title={title}
            sums={by === undefined ? undefined : addSums(statuses.map((status) => by[status]))}
            note={
              count > 0 && (
                <Text size="xs" c="dimmed" title="Since midnight UTC">
                  {count.toLocaleString("en-US")} today
                </Text>
              )
            }
            onClick={() => replace({ status: statuses.join(",") })}
          />
        );
      })}
    </StatCards>
  );
}
