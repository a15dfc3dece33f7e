import { useQuery } from "@tanstack/react-query";
import { contractQuery } from "../../../api/contracts.ts";
import { useCan } from "../../../api/me.ts";
import { Notice } from "../../../ui/notice.tsx";
import { Loaded } from "../../../ui/states.tsx";
import { ApprovedList } from "./approved-list.tsx";
import { ChangeList } from "./change-list.tsx";
import { PolicySection } from "./policy-section.tsx";

/** Tab with the contract of a server: its changes, the policy and the approved definitions. */
export function ContractTab({ slug, server }: { slug: string; server: string }) {
  const canManage = useCan(slug, "server.manage");
  const contract = useQuery(contractQuery(slug, server));
  return (
    <Loaded query={contract}>
      {(data) => {
        const props = { slug, contract: data, canManage };
        return (
          <div className="flex flex-col gap-5">
            {data.policy !== "allow" && data.observedAt === null && (
              <Notice tone="warn">
                {data.digest === null
                  ? "The server could not be read yet. Its definitions are approved with the first look at it."
                  : "The last look at the server failed. Changes since then are not known."}
              </Notice>
            )}
            {data.policy !== "allow" && data.digest !== null && <ChangeList {...props} />}
            <PolicySection {...props} />
            {data.policy !== "allow" && <ApprovedList contract={data} />}
          </div>
        );
      }}
    </Loaded>
  );
}
