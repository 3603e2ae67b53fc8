local health = {status = "Progressing", message = "Waiting for the operator to look at it"}

if obj.status == nil or obj.status.conditions == nil then
  return health
end

local seen = obj.status.observedGeneration
if seen == nil or seen < obj.metadata.generation then
  return health
end

local said = {}
for _, condition in ipairs(obj.status.conditions) do
  said[condition.type] = condition
end

local ready, reconciling, stalled = said["Ready"], said["Reconciling"], said["Stalled"]

if stalled ~= nil and stalled.status == "True" then
  health.status = "Degraded"
  health.message = stalled.message
elseif reconciling ~= nil and reconciling.status == "True" then
  health.message = reconciling.message
elseif ready == nil then
  -- Suspended, expired, or only observed: settled, and not meant to answer.
  health.status = "Suspended"
  if reconciling ~= nil then
    health.message = reconciling.message
  end
elseif ready.status == "True" then
  health.status = "Healthy"
  health.message = ready.message
else
  health.message = ready.message
end

return health
