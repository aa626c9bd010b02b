"""Files of a release and its overlays below the data folder: they follow the release where the user left them alone."""

from difykit.release.data_files.earlier import earlier_files
from difykit.release.data_files.folder import VolumesFolder, shipped_in
from difykit.release.data_files.plan import Action, DataFile, DataPlan, Earlier, plan_data_files
from difykit.release.data_files.record import NAME, DataRecord, RecordedFile, read_record
from difykit.release.data_files.words import follow, tell_done, tell_kept, tell_later, would

__all__ = [
    "NAME",
    "Action",
    "DataFile",
    "DataPlan",
    "DataRecord",
    "Earlier",
    "RecordedFile",
    "VolumesFolder",
    "earlier_files",
    "follow",
    "plan_data_files",
    "read_record",
    "shipped_in",
    "tell_done",
    "tell_kept",
    "tell_later",
    "would",
]
