import numpy as np
import xarray as xr

from workbench.signals import grouped_power


def test_real_and_complex_layers_of_one_analysis_have_fundamentals_of_their_own():
    power = xr.DataArray(
        np.tile(np.array([1.0, 3.0, 0.5, 4.0, 2.0])[:, None], (2, 1, 1)),
        dims=("layer", "order", "cause"),
        coords={"layer": ["act", "decoded"], "order": np.arange(-2, 3), "cause": ["all"]},
    )
    orders = xr.Dataset({"power": power, "real": ("layer", [True, False])}, attrs={"real": False})
    found = grouped_power(orders)
    assert found.sel(group="fundamental").values.tolist() == [7.0, 4.0]
    assert found.sel(group="mirror").values.tolist() == [0.0, 3.0]
