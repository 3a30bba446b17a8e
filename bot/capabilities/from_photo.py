"""What is made of one photo by one model of a family."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

from bot.capabilities.base import Capability, Choice, Studio
from bot.capabilities.catalogue import chosen_of
from bot.capabilities.checking import LATER, in_plain_words
from bot.capabilities.inputs import Offered
from bot.capabilities.needs import Answers, Need
from bot.capabilities.photo import PHOTO
from bot.locales.text import Text
from bot.media.fit import VENDOR, Bounds
from bot.miaohua.family import Family
from bot.miaohua.requests import Order
from bot.store.task import Task
from bot.tracker.ports import Prepared

Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""


class FromPhoto(Capability):
    """A photo goes to the vendor at a link, with the family's first model or the one that was chosen."""

    patience = 900.0
    needs: ClassVar[tuple[Need, ...]] = (PHOTO,)
    api: ClassVar[type[Family[Any, Any]]]
    bounds: ClassVar[Bounds] = VENDOR  # of the photo
    needs_link: ClassVar[bool] = True
    model_option: ClassVar[str] = "model"

    @abstractmethod
    def order(self, request: Answers, url: str, size: Size | None = None) -> Order:
        """Build the vendor's request; `size` is the photo's as it is offered, where it is measured and known yet."""

    def is_measured(self, request: Answers) -> bool:  # noqa: ARG002  for those that ask
        """Say whether the order depends on the photo's size."""
        return False

    def notes(self, request: Answers, size: Size | None) -> tuple[Text, ...]:  # noqa: ARG002  for those that ask
        """Say what is different from what might be expected."""
        return ()

    def needs_link_for(self, answers: Answers) -> bool:
        """Need none for a result: the vendor knows that by a link of its own."""
        return self.needs_link and "task" not in (answers.get(PHOTO.name) or {})

    async def choices(self, option: str, answers: Answers, studio: Studio) -> Sequence[Choice]:  # noqa: ARG002  all the same
        """List the family's models."""
        return [Choice.of(model) for model in await studio.catalogue.models(self.family)]

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Look up the model, and check it all as the vendor will."""
        self.check(answers)
        self.check_link(answers, studio)
        models, option = await studio.catalogue.models(self.family), self.option(self.model_option)
        model = chosen_of(models, answers[option.name], option.label)
        request = {**answers, self.model_option: {"id": model.id, "name": model.name or model.id}}
        with in_plain_words():
            self.order(request, LATER)
        return request

    def pictures(self, request: Answers) -> int:
        """Cost as many as are asked for; one where that cannot be chosen."""
        return int(request.get("samples", 1))

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Offer the photo, and build the order."""
        offered, size = await self._offered(task, studio)
        order = self.order(task.request, offered.url, size)
        return Prepared(
            lambda: self.api(studio.client).submit(order), notes=(*offered.changes, *self.notes(task.request, size))
        )

    async def _offered(self, task: Task, studio: Studio) -> tuple[Offered, Size | None]:
        inputs, source = studio.inputs, task.request["photo"]
        if not self.is_measured(task.request):
            return await inputs.offer(task, 0, source, self.bounds), None
        fitted = await inputs.fitted(source, self.bounds)
        size = fitted.width, fitted.height
        if not inputs.is_public:
            return await inputs.offer(task, 0, source, self.bounds), size
        url = await inputs.put(task, 0, fitted.data, fitted.extension)
        return Offered(url, fitted.changes), size
