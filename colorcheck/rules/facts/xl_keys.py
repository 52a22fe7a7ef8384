"""The keys of xl files that xl knows: those that bear on colors and memory, and the others.

Names of the xl.cfg manual, Xen 4.22.
"""

from __future__ import annotations

OURS: tuple[str, ...] = ("llc_colors", "memory", "maxmem", "vcpus", "maxvcpus", "cpus", "name")

_OTHERS = """
type kernel ramdisk cmdline root extra args bootloader bootloader_args bootloader_output_filename firmware uuid pool
sched domid init_seclabel seclabel device_model_version device_model_override device_model_args device_model_args_pv
device_model_args_hvm device_model_stubdomain_override device_model_stubdomain_seclabel device_model_user
dm_restrict stubdomain_kernel stubdomain_cmdline stubdomain_ramdisk stubdomain_memory on_poweroff on_reboot
on_watchdog on_crash on_soft_reset on_xend_start on_xend_stop blkif vif vtpm p9 pvcalls vfb channel rdm usbctrl
usbdev pci dtdev irqs ioports iomem dt_overlay device_tree passthrough passthrough_dtb vnuma numa_placement
cpus_soft cpu_weight cap period slice latency extratime weight budget vcpus_soft max_grant_frames
max_maptrack_frames max_grant_version nomigrate tee tee_type sve gic_version vuart arm_sci nr_spis virtio disk
ssidref xend_suspend_evtchn_compat suppress_spurious_page_faults driver_domain vmtrace_buf_kb timer_mode timeoffset
localtime rtc_timeoffset tsc_mode viridian viridian_enlightenments_enable acpi apic pae nx hap hpet vpt_align vpt
smbios_firmware acpi_firmware ms_vm_genid boot hdtype videoram vga stdvga vnc vnclisten vncdisplay vncunused
vncpasswd sdl opengl nographic spice spiceport spicetls_port spicehost spicedisable_ticketing spicepasswd
spiceagent_mouse spicevdagent spice_clipboard_sharing spiceusbredirection spice_image_compression
spice_streaming_video serial usb usbversion usbdevice soundhw xen_platform_pci keymap nestedhvm altp2m altp2mhvm
cpuid cpuid_policy nospec mmio_hole bios bios_path_override smbios acpi_s3 acpi_s4 acpi_laptop_slate vendor_device
gfx_passthru rdm_mem_boundary pci_msitranslate pci_power_mgmt pci_permissive pci_seize e820_host event_channels
max_event_channels shadow_memory trap_unmapped_accesses claim_mode builder device_model loader bootargs features
memory_dynamic_min tpm xenstore_kb force_assign_without_dt xl_description iommu_ro mca_caps secure_boot static_shm
sgx vcpu_affinity crash_kernel hvm_builder msr_relaxed assisted_xapic assisted_x2apic cpus_allowed spice_vdagent
conring blkback_backend
"""

KNOWN: frozenset[str] = frozenset((*OURS, *_OTHERS.split()))
