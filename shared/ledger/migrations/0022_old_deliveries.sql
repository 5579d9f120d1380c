-- The delivery log of webhooks is kept for a while: upkeep asks for what ended long ago, and for what is not sent any
-- more because its webhook was removed.

create index webhook_deliveries_ended on webhook_deliveries (coalesce(ended_at, planned_at));
