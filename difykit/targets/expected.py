"""The images of a workspace before they are built: what questions about a deployment go by, and never a deployment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from difykit.core.errors import DifyKitError
from difykit.git import Store
from difykit.images.build import ImagePlan, locked_digests, plan_build
from difykit.targets.base import target_of
from difykit.workspace.state import BuiltImages, Image, PlannedImage, Source, check_images, read_images
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class ExpectedImages:
    """The images that belong to a source, with those of them that are still to be built."""

    images: BuiltImages
    unsettled: frozenset[str] = frozenset()
    """Official images of which the lock has no digest yet: the tag of what stands on one may turn out another."""

    @property
    def unbuilt(self) -> tuple[Image, ...]:
        """The images that are not built yet."""
        return tuple(image for image in self.images.images if not image.built)

    def describe(self) -> list[dict[str, object]]:
        """As JSON has them."""
        return [
            {"name": image.name, "reference": image.reference, "built": image.built} for image in self.images.images
        ]

    def words(self) -> list[str]:
        """A line for each image that is not built yet."""
        return [f"image {image.reference}: not built yet" for image in self.unbuilt]


def expected_images(workspace: Workspace, source: Source) -> ExpectedImages:
    """The images to run, as built or, where `build` has not run for this source, as it would name them.

    Asks no engine. Raises DifyKitError where the images could not be built, or a file of them cannot be read.
    """
    target = target_of(workspace)
    built = read_images(workspace.derived)
    if not target.uses_images or (built and built.source == source.commit):
        return ExpectedImages(target.images(workspace, source))
    if built is None:
        check_images(workspace.derived)  # which tells a file that cannot be read from none
    known = {image.reference.partition("@")[0]: image for image in built.images} if built else {}
    digests = locked_digests(workspace)
    with Store(workspace.store) as store:
        plans = plan_build(workspace, source, store, digests).images
    images = tuple(known.get(plan.reference) or _planned(plan) for plan in plans)
    unsettled = {plan.official for plan in plans if plan.stands_on_official and plan.official not in digests}
    return ExpectedImages(BuiltImages(source=source.commit, images=images), frozenset(unsettled))


def _planned(plan: ImagePlan) -> Image:
    return PlannedImage(name=plan.name, replaces=plan.replaces, strategy=plan.strategy, reference=plan.reference)


def need_built(images: Iterable[Image]) -> None:
    """Raises DifyKitError where an image is not built yet: nothing is deployed without."""
    if unbuilt := [image.reference for image in images if not image.built]:
        raise DifyKitError(f"not built yet: {', '.join(unbuilt)}", hint="make them: invoke build")
