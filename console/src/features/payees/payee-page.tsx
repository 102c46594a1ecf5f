import { Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { RecordActions } from "../../action/record-actions.tsx";
import { ApiProblem, answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { Facts } from "../../display/facts.tsx";
import { CopyableId } from "../../display/ids.tsx";
import { Instant } from "../../display/instants.tsx";
import { Money } from "../../display/money.tsx";
import { PageTitle } from "../../display/page-title.tsx";
import { EmptyState, LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { useApi } from "../../session/console-context.tsx";
import { CreatePayee } from "./create-payee.tsx";
import { payeeActions } from "./payee-actions.ts";
import { balancesQuery, PayeeBalances } from "./payee-balances.tsx";
import { PayeeDestinations } from "./payee-destinations.tsx";
import { PayeeHistory } from "./payee-history.tsx";
import type { Payee } from "./payee-values.ts";

/** Everything about one payee: what is known, where they are paid, what they have and had. */
export function PayeePage() {
  const { id } = useParams({ from: "/inside/payees/$id" });
  const api = useApi();
  const { data, error, refetch } = useLive({
    queryKey: ["payees", "one", id],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payees/{id}", { params: { path: { id } }, signal })),
  });
  const payee = data?.data.id === id ? data.data : undefined;
  const isUnknown = payee === undefined && error instanceof ApiProblem && error.problem.code === "not_found";
  return (
    <Stack gap="lg" key={id}>
      <Text size="sm">
        <Link to="/payees" search={{}} activeOptions={{ exact: true }}>
          <IconArrowLeft size={14} stroke={1.6} style={{ verticalAlign: "-2px" }} aria-hidden /> Payees
        </Link>
      </Text>
      {isUnknown && <UnknownPayee id={id} />}
      {payee === undefined && error !== null && !isUnknown && (
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      )}
      {payee === undefined && error === null && <LoadingLines />}
      {payee !== undefined && (
        <>
          <PageTitle title={payee.name} note={<CopyableId id={payee.id} />}>
            <RecordActions record={payee} actions={payeeActions} />
          </PageTitle>
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
            <Stack gap="lg">
              <PayeeBalances payeeId={id} />
              <PayeeDestinations payee={payee} />
            </Stack>
            <PayeeFacts payee={payee} />
          </SimpleGrid>
          <PayeeHistory payeeId={id} />
        </>
      )}
    </Stack>
  );
}

/** Money may be promised to somebody of whom nothing else is known yet. */
function UnknownPayee({ id }: { id: string }) {
  const api = useApi();
  const { data, error } = useLive(balancesQuery(api, id));
  if (data === undefined && error === null) return <LoadingLines />;
  if (data === undefined) {
    return (
      <>
        <PageTitle title="No such payee" />
        <EmptyState title={`There is no payee ${id}`}>
          Nobody has told of them, and nothing was promised to them.
          <Group justify="center" mt="sm">
            <CreatePayee id={id} />
          </Group>
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <PageTitle title={id} note="Money is promised to them, and nothing else is known: nothing can be sent.">
        <CreatePayee id={id} />
      </PageTitle>
      <PayeeBalances payeeId={id} />
      <PayeeHistory payeeId={id} />
    </>
  );
}

function PayeeFacts({ payee }: { payee: Payee }) {
  const { minimum_payout: minimum, default_currency: currency } = payee;
  return (
    <section aria-labelledby="facts">
      <Title order={2} id="facts" mb="xs">
        Facts
      </Title>
      <Paper withBorder px="md" py={4}>
        <Facts
          facts={[
            { label: "E-mail", value: payee.email ?? "–" },
            { label: "Country", value: payee.country ?? "–" },
            { label: "Default currency", value: currency },
            { label: "Verified", value: payee.verified ? "Yes" : "No" },
            { label: "Tier", value: payee.tier ?? "–" },
            { label: "Paid how often", value: payee.payout_frequency ?? "–" },
            {
              label: "Minimum payout",
              value: minimum === null ? "–" : <Money amountMinor={minimum} currency={currency} />,
            },
            { label: "Created", value: <Instant at={payee.created_at} /> },
            { label: "Changed", value: <Instant at={payee.updated_at} /> },
          ]}
        />
      </Paper>
      <Text size="sm" mt="xs">
        <Link to="/audit-log" search={{ entity_type: "payee", entity_id: payee.id }}>
          Who changed what, in the audit log
        </Link>
      </Text>
    </section>
  );
}
