import { Paper, SimpleGrid, Text, Title } from "@mantine/core";
import { answerOf } from "../../api/api-problem.ts";
import type { ApiClient } from "../../api/console-api.ts";
import { useLive } from "../../api/live.ts";
import { Facts } from "../../display/facts.tsx";
import { Money } from "../../display/money.tsx";
import { LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { useApi } from "../../session/console-context.tsx";

/** What is asked for a payee's balances, wherever they are shown. */
export function balancesQuery(api: ApiClient, payeeId: string) {
  return {
    queryKey: ["payees", "balances", payeeId],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      answerOf(api.GET("/v2/payees/{id}/balances", { params: { path: { id: payeeId } }, signal })),
  };
}

/** What a payee is to be sent, has in escrow, was sent and owes: from the ledger, by currency. */
export function PayeeBalances({ payeeId }: { payeeId: string }) {
  const api = useApi();
  const { data, error, refetch } = useLive(balancesQuery(api, payeeId));
  return (
    <section aria-labelledby="balances">
      <Title order={2} id="balances" mb="xs">
        Balances
      </Title>
      {data === undefined && error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <LoadingLines lines={3} />}
      {data?.data.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing has been promised or paid yet.
        </Text>
      )}
      <SimpleGrid cols={{ base: 1, xs: Math.min(2, data?.data.length ?? 1) }} spacing="sm">
        {data?.data.map(({ currency, payable, held, paid, owed }) => (
          <Paper key={currency} withBorder px="md" py="xs">
            <Title order={3} size="h2">
              {currency}
            </Title>
            <Facts
              facts={[
                {
                  label: "To be sent",
                  note: "promised, on its way included",
                  value: <Money amountMinor={payable} currency={currency} />,
                },
                {
                  label: "In escrow",
                  note: "held back until a date",
                  value: <Money amountMinor={held} currency={currency} />,
                },
                {
                  label: "Sent",
                  note: "less what was taken back",
                  value: <Money amountMinor={paid} currency={currency} />,
                },
                {
                  label: "Owed by the payee",
                  note: "set off against what is sent next",
                  value:
                    owed > 0 ? (
                      <b>
                        <Money amountMinor={owed} currency={currency} />
                      </b>
                    ) : (
                      <Money amountMinor={owed} currency={currency} />
                    ),
                },
              ]}
            />
          </Paper>
        ))}
      </SimpleGrid>
    </section>
  );
}
