import type { Type } from "@nestjs/common";
import { ClockController } from "./clock.controller.ts";
import { DevelopmentController } from "./development.controller.ts";
import { DisputeController } from "./dispute.controller.ts";
import { EstimateController } from "./estimate.controller.ts";
import { MoneyController } from "./money.controller.ts";
import { NoticeController } from "./notice.controller.ts";
import { PledgeController } from "./pledge.controller.ts";
import { ProposalController } from "./proposal.controller.ts";
import { ReleaseController } from "./release.controller.ts";
import { StaffController } from "./staff.controller.ts";
import { WidgetController } from "./widget/widget.controller.ts";

/** The controllers of the rooms, in the order of the story. */
export const roomControllers: Type<unknown>[] = [
  ProposalController,
  EstimateController,
  DevelopmentController,
  PledgeController,
  ReleaseController,
  DisputeController,
  MoneyController,
  StaffController,
  NoticeController,
  ClockController,
  WidgetController,
];
