import { Stack } from "@mantine/core";
import { PageTitle } from "../../display/page-title.tsx";
import { ListView } from "../../list/list-view.tsx";
import { CreatePayee } from "./create-payee.tsx";
import { payeeList } from "./payee-list.tsx";

export function PayeesPage() {
  return (
    <Stack gap="md">
      <PageTitle title="Payees" note="Who is paid, where to, and what is known of them">
        <CreatePayee />
      </PageTitle>
      <ListView list={payeeList} />
    </Stack>
  );
}
