"""Operations on listeners."""

from __future__ import annotations

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.elbv2 import tagging
from localcloud.aws.elbv2.base import Answer, Elbv2Base, Request
from localcloud.aws.elbv2.check_actions import checked_actions
from localcloud.aws.elbv2.paging import page
from localcloud.aws.elbv2.state import Listener, LoadBalancer, Rule, Target, groups_of
from localcloud.datapath.addresses import listening_socket
from localcloud.datapath.listener import ListenerHandler
from localcloud.datapath.server import HttpServer
from localcloud.datapath.table import RoutingTable

LARGEST_LISTENERS = 50


class ListenerOperations(Elbv2Base):
    """Create, describe, change and delete listeners; each is a server on its load balancer's address."""

    async def CreateListener(self, call: Call, request: Request) -> Answer:
        """A listener that really listens."""
        balancer = self.store.balancer(request["LoadBalancerArn"])
        port = _checked_port(request)
        tags = tagging.tags_of(request.get("Tags"))
        self._check_port_free(balancer, port)
        if len(balancer.listeners) >= LARGEST_LISTENERS:
            raise AwsError("TooManyListeners", "The maximum number of listeners has been reached")
        actions = checked_actions(request["DefaultActions"])
        self.check_use(balancer, set(), groups_of(actions))
        listener = self._new_listener(balancer, port, actions, tags)
        self.use_changed(listener.default.groups())
        await self._listen(balancer, listener)
        return {"Listeners": [listener.wire()]}

    async def DescribeListeners(self, call: Call, request: Request) -> Answer:
        """Listeners by ARN or of one load balancer."""
        arns, balancer_arn = request.get("ListenerArns") or [], request.get("LoadBalancerArn")
        if bool(arns) == bool(balancer_arn):
            raise AwsError("ValidationError", "You must specify either listener ARNs or a load balancer ARN")
        if balancer_arn:
            found = list(self.store.balancer(balancer_arn).listeners.values())
        else:
            found = [listener for arn, listener in self.store.listeners.items() if arn in arns]
            if len(found) != len(set(arns)):
                raise AwsError("ListenerNotFound", "One or more listeners not found")
        shown, more = page(found, request)
        return {"Listeners": [listener.wire() for listener in shown], **more}

    async def ModifyListener(self, call: Call, request: Request) -> Answer:
        """Changes the default actions or the port."""
        listener = self.store.listener(request["ListenerArn"])
        balancer = self.store.balancer(listener.load_balancer_arn)
        port = _checked_port({"Port": listener.port, "Protocol": "HTTP"} | request)
        if port != listener.port:
            self._check_port_free(balancer, port)
        if request.get("DefaultActions"):
            self._replace_default(balancer, listener, checked_actions(request["DefaultActions"]))
        if port != listener.port:
            listener.port = port
            if listener.server:
                await listener.server.stop()
            await self._listen(balancer, listener)
        return {"Listeners": [listener.wire()]}

    async def DeleteListener(self, call: Call, request: Request) -> Answer:
        """Takes a listener away with its rules."""
        listener = self.store.listener(request["ListenerArn"])
        used = set[str]().union(*(rule.groups() for rule in listener.ordered()))
        del self.store.balancer(listener.load_balancer_arn).listeners[listener.arn]
        del self.store.listeners[listener.arn]
        for rule in listener.ordered():
            del self.store.rules[rule.arn]
        self.use_changed(used)
        if listener.server:
            await listener.server.stop()
        return {}

    def listener_endpoint(self, listener_arn: str) -> tuple[str, int] | None:
        """Host and port on which a listener really listens; None if there is no such listener."""
        listener = self.store.listeners.get(listener_arn)
        return (listener.server.host, listener.server.port) if listener and listener.server else None

    def _new_listener(
        self, balancer: LoadBalancer, port: int, actions: list[Request], tags: dict[str, str]
    ) -> Listener:
        path = balancer.arn.rsplit(":loadbalancer/", 1)[1]
        arn = self.store.new_arn("listener", path)
        rule_arn = self.store.new_arn("listener-rule", arn.rsplit(":listener/", 1)[1])
        default = Rule(rule_arn, arn, None, [], actions, [], {})
        listener = Listener(arn, balancer.arn, port, "HTTP", default, tags)
        balancer.listeners[arn] = self.store.listeners[arn] = listener
        self.store.rules[rule_arn] = default
        return listener

    def _replace_default(self, balancer: LoadBalancer, listener: Listener, actions: list[Request]) -> None:
        before, after = listener.default.groups(), groups_of(actions)
        self.check_use(balancer, before, after)
        listener.default.actions = actions
        listener.changed()
        self.use_changed(before ^ after)

    def _check_port_free(self, balancer: LoadBalancer, port: int) -> None:
        if any(listener.port == port for listener in balancer.listeners.values()):
            raise AwsError(
                "DuplicateListener",
                f"A listener already exists on this port for this load balancer '{balancer.arn}'",
            )

    async def _listen(self, balancer: LoadBalancer, listener: Listener) -> None:
        handler = ListenerHandler(_View(self, balancer, listener), self.session(), listener.port)
        listener.server = HttpServer(handler, listening_socket(balancer.address, listener.port))
        await listener.server.start()


class _View:
    """What the data path of one listener sees."""

    def __init__(self, backend: Elbv2Base, balancer: LoadBalancer, listener: Listener) -> None:
        self._backend = backend
        self._balancer = balancer
        self._listener = listener

    def table(self) -> RoutingTable | None:
        return self._listener.table() if self._balancer.state == "active" else None

    def pick(self, group: str) -> Target | None:
        found = self._backend.store.groups.get(group)
        return found.next_target() if found else None

    def attribute(self, key: str) -> str:
        return self._balancer.attributes[key]


def _checked_port(request: Request) -> int:
    if not request.get("Port"):
        raise AwsError("ValidationError", "A listener port must be specified")
    if not request.get("Protocol"):
        raise AwsError("ValidationError", "A listener protocol must be specified")
    if request["Protocol"] not in ("HTTP", "HTTPS"):
        raise AwsError(
            "ValidationError", f"Listener protocol '{request['Protocol']}' must be one of 'HTTP, HTTPS'"
        )
    if request["Protocol"] == "HTTPS":
        raise AwsError("UnsupportedProtocol", "The local cloud offers HTTP listeners only")
    return int(request["Port"])
