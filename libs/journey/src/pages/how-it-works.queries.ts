import { Injectable } from "@nestjs/common";
import { type HowItWorksView, type Move, stages } from "@freehold/contract";
import { Database } from "@freehold/database";
import { inWords, type PolicyName, policyTable } from "../policy.ts";
import { policyInForce } from "../space/policy.ts";
import { moveRules, stageSentences } from "../stage.ts";

/** How it works, drawn from the table of moves and the policy in force: the page cannot say anything else than the code does. */
@Injectable()
export class HowItWorksQueries {
  constructor(private readonly database: Database) {}

  async page(): Promise<HowItWorksView> {
    const inForce = await policyInForce(this.database);
    const moves = Object.entries(moveRules) as [Move, (typeof moveRules)[Move]][];
    return {
      stages: stages.map((stage) => ({
        stage,
        ...stageSentences[stage],
        moves: moves
          .filter(([, rule]) => rule.from.includes(stage))
          .map(([move, rule]) => ({ move, to: rule.to, who: rule.who.join(" or "), sentence: rule.sentence })),
      })),
      policy: (Object.keys(policyTable) as PolicyName[]).map((name) => ({
        name,
        value: inWords(name, inForce.policy[name]),
        sentence: policyTable[name].sentence,
      })),
      policyVersionId: inForce.id,
      policyFrom: inForce.validFrom.toISOString(),
      policyAuthority: inForce.authority,
    };
  }
}
